/**
 * As much of @huggingface/jinja as is used here. Its declarations lack file extensions, so that TypeScript sees `any`
 * where Deno sees its types, which are narrower than what it does.
 */
import * as jinja from "@huggingface/jinja";

/** A value as the interpreter has it. */
export interface Value {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}

/** Names and their values. */
export interface Environment {
  readonly tests: ReadonlyMap<string, unknown>;
  /** Declares a name with a plain value, which it makes into one of its own. */
  set(name: string, plain: unknown): Value;
  setVariable(name: string, value: Value): Value;
}

/** A node of a parsed template. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Interpreter {
  run(program: Node): Value;
  evaluate(node: Node | undefined, environment: Environment): Value;
  /** What the nodes of a block print, one after another. */
  evaluateBlock(block: readonly Node[], environment: Environment): Value;
}

/** What the lexer makes of a source. */
export interface Token {
  readonly type: string;
  readonly value: string;
}

export const Environment: new (parent?: Environment) => Environment = jinja.Environment as never;
export const Interpreter: new (environment: Environment) => Interpreter = jinja.Interpreter as never;

/** Throws what is not Jinja. Blocks are trimmed, as transformers has it. */
export const tokenize = (source: string): readonly Token[] =>
  jinja.tokenize(source, { lstrip_blocks: true, trim_blocks: true });
export const parse: (tokens: readonly Token[]) => Node = jinja.parse as never;
