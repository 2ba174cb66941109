import { filters, forTexts, methods, synonyms } from "./filters.ts";
import { printLoop } from "./loop.ts";
import { type Environment, Interpreter, type Node, type Value } from "./package.ts";
import { str } from "./python.ts";
import type { Tags } from "./tags.ts";
import { isText, kindOf, toValue } from "./values.ts";

/** Thrown by `raise_exception`: the template refuses the messages. */
export class Refusal extends Error {}

/** A template cannot be rendered. The message gives the line of the tag and the reason. */
export class TemplateFault extends Error {
  constructor(line: number, cause: Error) {
    super(`line ${line}: ${cause.message}`, { cause });
  }
}

/** Evaluates a node. */
type Evaluate = (node: unknown) => Value;

/** Wraps a value for use where the package expects an expression. */
const done = (value: Value): Node => ({ type: "Done", value });

/** The package's interpreter, plus the parts of Jinja that it lacks and chat templates use. Its errors name the line. */
export class TemplateInterpreter extends Interpreter {
  readonly #tags: Tags;
  /**
   * `break` and `continue`, which are thrown but are not errors, with what the loop's body had printed and whether the
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

  /** The package loses what a block has printed when `break` or `continue` leaves it. */
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

  /** Whether it is an error without a line. */
  #isFault(error: unknown): boolean {
    return !(error instanceof Refusal || error instanceof TemplateFault || this.#jumps.has(error as object));
  }

  #value(node: Node, environment: Environment): Value {
    const evaluate: Evaluate = (expression) => this.evaluate(expression as Node, environment);
    const byPackage: Evaluate = (changed) => super.evaluate(changed as Node, environment);
    switch (node.type) {
      case "Done":
        return node["value"] as Value;
      case "FilterExpression":
        return this.#filtered(node, evaluate, byPackage);
      case "CallExpression":
        return called(node, evaluate, byPackage);
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
        return operator === "~" ? toValue(str(evaluate(node["left"])) + str(evaluate(node["right"]))) : byPackage(node);
      }
      case "TestExpression": {
        const { value: test } = node["test"] as { readonly value: string };
        if (!environment.tests.has(test)) throw new Error(`there is no test "${test}".`);
        return byPackage(node);
      }
      default:
        return byPackage(node);
    }
  }

  #filtered(node: Node, evaluate: Evaluate, byPackage: Evaluate): Value {
    const filter = node["filter"] as Node;
    const call = filter.type === "CallExpression";
    const identifier = (call ? filter["callee"] : filter) as Node;
    const written = String(identifier["value"]);
    const name = synonyms[written] ?? written;
    const operand = evaluate(node["operand"]);
    if (Object.hasOwn(filters, name)) {
      const { args, named } = argumentsOf(call ? filter : undefined, evaluate);
      const value = filters[name]?.(operand, args, named);
      if (value !== undefined) return value;
    }
    const callee = { ...identifier, value: name };
    const changed = {
      ...node,
      operand: done(forTexts.has(name) && !isText(operand) ? toValue(str(operand)) : operand),
      // The package accepts `default` only with parentheses.
      filter:
        call || name === "default" ? { type: "CallExpression", callee, args: call ? filter["args"] : [] } : callee,
    };
    try {
      return byPackage(changed);
    } catch (error) {
      throw this.#isFault(error)
        ? new Error(`the filter "${written}" does not work on ${kindOf(operand)} (${(error as Error).message}).`, {
            cause: error,
          })
        : error;
    }
  }
}

/** The values of the arguments without a name, and whether there are others. */
function argumentsOf(
  call: Node | undefined,
  evaluate: Evaluate,
): { readonly args: readonly Value[]; readonly named: boolean } {
  const all = (call?.["args"] ?? []) as readonly Node[];
  const plain = all.filter(({ type }) => !/^(KeywordArgument|KeywordSpread|Spread)Expression$/.test(type));
  return { args: plain.map(evaluate), named: plain.length < all.length };
}

function called(node: Node, evaluate: Evaluate, byPackage: Evaluate): Value {
  const callee = node["callee"] as Node;
  const isMethod = callee.type === "MemberExpression" && callee["computed"] !== true;
  const name = String((isMethod ? (callee["property"] as Node) : callee)["value"]);
  const object = isMethod ? evaluate(callee["object"]) : undefined;
  if (object !== undefined && isText(object) && Object.hasOwn(methods, name)) {
    return (methods[name] as (typeof methods)[string])(object.value, argumentsOf(node, evaluate).args);
  }
  const found = evaluate(object === undefined ? callee : { ...callee, object: done(object) });
  if (found.type === "FunctionValue") return byPackage({ ...node, callee: done(found) });
  throw new Error(
    object === undefined ? `there is no function "${name}".` : `${kindOf(object)} has no method "${name}".`,
  );
}
