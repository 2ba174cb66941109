import { filters, forTexts, methods, synonyms } from "./filters.ts";
import { printLoop } from "./loop.ts";
import { type Environment, Interpreter, type Node, type Value } from "./package.ts";
import { str } from "./python.ts";
import type { Tags } from "./tags.ts";
import { isText, kindOf, toValue } from "./values.ts";

/** What `raise_exception` throws: the template refuses the messages. */
export class Refusal extends Error {}

/** A template that cannot be rendered: the line of the tag that fails, and what is missing. */
export class TemplateFault extends Error {
  constructor(line: number, cause: Error) {
    super(`line ${line}: ${cause.message}`, { cause });
  }
}

/** Evaluates a node. */
type One = (node: unknown) => Value;

/** A value where the package expects an expression. */
const done = (value: Value): Node => ({ type: "Done", value });

/**
 * The package's interpreter, with the parts of Jinja it lacks that chat templates use, and with errors that name the
 * line.
 */
export class TemplateInterpreter extends Interpreter {
  readonly #tags: Tags;
  /**
   * `break` and `continue` are thrown too, and are no errors: the text that the round had printed, and whether the
   * loop ends.
   */
  readonly #jumps = new WeakMap<object, { text: string; readonly leaves: boolean }>();

  constructor(environment: Environment, tags: Tags) {
    super(environment);
    this.#tags = tags;
  }

  override evaluate(node: Node | undefined, environment: Environment): Value {
    if (node === undefined || node === null) return super.evaluate(node, environment);
    try {
      const value = this.#value(node, environment);
      return this.#tags.printed.has(node) && !isText(value) ? toValue(str(value)) : value;
    } catch (error) {
      if (node.type === "Break" || node.type === "Continue")
        this.#jumps.set(error as object, { text: "", leaves: node.type === "Break" });
      const line = this.#tags.lines.get(node);
      throw line === undefined || !this.#isFault(error) ? error : new TemplateFault(line, error as Error);
    }
  }

  /** The package forgets what a block has printed when a round is left in it. */
  override evaluateBlock(block: readonly Node[], environment: Environment): Value {
    return toValue(this.#print(block, environment));
  }

  #print(block: readonly Node[], environment: Environment): string {
    let text = "";
    for (const node of block) {
      try {
        const value = this.evaluate(node, environment);
        if (value.type !== "NullValue" && value.type !== "UndefinedValue") text += value.toString();
      } catch (error) {
        const jump = this.#jumps.get(error as object);
        if (jump !== undefined) jump.text = text + jump.text;
        throw error;
      }
    }
    return text;
  }

  /** Whether it is an error that has no line yet. */
  #isFault(error: unknown): boolean {
    return !(error instanceof Refusal || error instanceof TemplateFault || this.#jumps.has(error as object));
  }

  #value(node: Node, environment: Environment): Value {
    const one: One = (expression) => this.evaluate(expression as Node, environment);
    const asThePackage: One = (changed) => super.evaluate(changed as Node, environment);
    switch (node.type) {
      case "Done":
        return node["value"] as Value;
      case "FilterExpression":
        return this.#filtered(node, one, asThePackage);
      case "CallExpression":
        return called(node, one, asThePackage);
      case "For": {
        const text = printLoop(node, environment, {
          evaluate: (part, scope) => this.evaluate(part, scope),
          print: (block, scope) => this.#print(block, scope),
          left: (error) => this.#jumps.get(error as object),
        });
        return toValue(text);
      }
      case "BinaryExpression": {
        const { value: operator } = node["operator"] as { readonly value: string };
        return operator === "~" ? toValue(str(one(node["left"])) + str(one(node["right"]))) : asThePackage(node);
      }
      case "TestExpression": {
        const { value: test } = node["test"] as { readonly value: string };
        if (!environment.tests.has(test)) throw new Error(`there is no test "${test}" here.`);
        return asThePackage(node);
      }
      default:
        return asThePackage(node);
    }
  }

  #filtered(node: Node, one: One, asThePackage: One): Value {
    const filter = node["filter"] as Node;
    const call = filter.type === "CallExpression";
    const identifier = (call ? filter["callee"] : filter) as Node;
    const written = String(identifier["value"]);
    const name = synonyms[written] ?? written;
    const operand = one(node["operand"]);
    if (Object.hasOwn(filters, name)) {
      const { args, named } = argumentsOf(call ? filter : undefined, one);
      const value = filters[name]?.(operand, args, named);
      if (value !== undefined) return value;
    }
    const callee = { ...identifier, value: name };
    const changed = {
      ...node,
      operand: done(forTexts.has(name) && !isText(operand) ? toValue(str(operand)) : operand),
      // The package takes `default` with its brackets alone.
      filter:
        call || name === "default" ? { type: "CallExpression", callee, args: call ? filter["args"] : [] } : callee,
    };
    try {
      return asThePackage(changed);
    } catch (error) {
      throw this.#isFault(error)
        ? new Error(`the filter "${written}" does not work on ${kindOf(operand)} here (${(error as Error).message}).`, {
            cause: error,
          })
        : error;
    }
  }
}

/** Arguments without a name, and whether there are others. */
function argumentsOf(call: Node | undefined, one: One): { readonly args: readonly Value[]; readonly named: boolean } {
  const all = (call?.["args"] ?? []) as readonly Node[];
  const plain = all.filter(({ type }) => !/^(KeywordArgument|KeywordSpread|Spread)Expression$/.test(type));
  return { args: plain.map(one), named: plain.length < all.length };
}

function called(node: Node, one: One, asThePackage: One): Value {
  const callee = node["callee"] as Node;
  const isMethod = callee.type === "MemberExpression" && callee["computed"] !== true;
  const name = String((isMethod ? (callee["property"] as Node) : callee)["value"]);
  const object = isMethod ? one(callee["object"]) : undefined;
  if (object !== undefined && isText(object) && Object.hasOwn(methods, name)) {
    return (methods[name] as (typeof methods)[string])(object.value, argumentsOf(node, one).args);
  }
  const found = one(object === undefined ? callee : { ...callee, object: done(object) });
  if (found.type === "FunctionValue") return asThePackage({ ...node, callee: done(found) });
  throw new Error(
    object === undefined ? `there is no function "${name}" here.` : `${kindOf(object)} has no method "${name}" here.`,
  );
}
