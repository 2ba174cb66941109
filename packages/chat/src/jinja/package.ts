/**
 * The parts of @huggingface/jinja that are used here, with their own types. The package's declarations lack file
 * extensions, so TypeScript sees `any`, while Deno sees types that are narrower than the code.
 */
import * as jinja from "@huggingface/jinja";

/** A value in the interpreter. */
export interface Value {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}

/** Names and their values. */
export interface Environment {
  readonly tests: ReadonlyMap<string, unknown>;
  /** Declares a name with a plain value, which is converted to a `Value`. */
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

/** A token from the lexer. */
export interface Token {
  readonly type: string;
  readonly value: string;
}

export const Environment: new (parent?: Environment) => Environment = jinja.Environment as never;
export const Interpreter: new (environment: Environment) => Interpreter = jinja.Interpreter as never;

/** Splits a source into tokens, with trimmed blocks as in transformers. Throws if it is not valid Jinja. */
export const tokenize = (source: string): readonly Token[] =>
  jinja.tokenize(source, { lstrip_blocks: true, trim_blocks: true });
export const parse: (tokens: readonly Token[]) => Node = jinja.parse as never;
