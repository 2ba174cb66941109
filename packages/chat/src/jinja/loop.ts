/**
 * Loops. Those of the package lose what the body has printed before `break` or `continue`, do not unpack tuples, and
 * are slow for the characters of a string.
 */
import { Environment, type Node, type Value } from "./package.ts";
import { charactersOf, isList, isText, isUndefined, kindOf, toValue } from "./values.ts";

/** What a loop needs from the interpreter. */
export interface LoopContext {
  evaluate(node: Node, environment: Environment): Value;
  /** The text that a block prints. */
  print(block: readonly Node[], environment: Environment): string;
  /**
   * The text that the body had printed when this error left it, and whether the loop ends. Undefined if the error is
   * neither `break` nor `continue`.
   */
  left(error: unknown): { readonly text: string; readonly leaves: boolean } | undefined;
}

/** The text that a loop prints. */
export function printLoop(node: Node, environment: Environment, { evaluate, print, left }: LoopContext): string {
  const scope = new Environment(environment);
  const filtered = node["iterable"] as Node;
  const [source, test] =
    filtered.type === "SelectExpression" ? [filtered["lhs"] as Node, filtered["test"] as Node] : [filtered];
  const set = setter(node["loopvar"] as Node, scope);
  const items = itemsOf(evaluate(source, scope)).filter((item) => {
    if (test === undefined) return true;
    set(item);
    return isTrue(evaluate(test, scope));
  });
  const body = node["body"] as readonly Node[];
  const counts = mentionsLoop(body);
  let text = "";
  let ended = false;
  for (const [at, item] of items.entries()) {
    if (counts) scope.setVariable("loop", counters(items, at));
    set(item);
    try {
      text += print(body, scope);
      ended = true;
    } catch (error) {
      const jump = left(error);
      if (jump === undefined) throw error;
      text += jump.text;
      if (jump.leaves) break;
    }
  }
  // As in Jinja2, `else` also runs if `continue` ended every iteration.
  return ended ? text : text + print(node["defaultBlock"] as readonly Node[], scope);
}

const isTrue = (value: Value): boolean =>
  (value as Value & { __bool__(): { readonly value: boolean } }).__bool__().value;

/** Strings are iterated by character and mappings by key. An undefined value is empty. */
function itemsOf(value: Value): readonly Value[] {
  if (isText(value)) return charactersOf(value.value).value;
  if (isUndefined(value)) return [];
  if (isList(value)) return value.value;
  if (value.type === "ObjectValue") return [...(value.value as Map<string, Value>).keys()].map(toValue);
  throw new Error(`it is not possible to loop over ${kindOf(value)}.`);
}

/** Returns a function that assigns an item to the loop's variables. */
function setter(target: Node, scope: Environment): (item: Value) => void {
  if (target.type === "Identifier") return (item) => scope.setVariable(target["value"] as string, item);
  const names = (target["value"] as readonly Node[]).map(({ value }) => value as string);
  return (item) => {
    if (!isList(item) || item.value.length !== names.length) {
      throw new Error(`${kindOf(item)} cannot be unpacked into the ${names.length} variables ${names.join(", ")}.`);
    }
    for (const [at, name] of names.entries()) scope.setVariable(name, item.value[at] as Value);
  };
}

/** Jinja's variable `loop`. */
function counters(items: readonly Value[], at: number): Value {
  const { length } = items;
  const loop = toValue({
    index: at + 1,
    index0: at,
    revindex: length - at,
    revindex0: length - at - 1,
    first: at === 0,
    last: at === length - 1,
    length,
  });
  const entries = loop.value as Map<string, Value>;
  const neighbours = { previtem: items[at - 1], nextitem: items[at + 1] };
  for (const [name, item] of Object.entries(neighbours)) if (item !== undefined) entries.set(name, item);
  return loop;
}

const mentioning = new WeakMap<object, boolean>();

/** Whether the body uses `loop`. Setting its values takes longer than most bodies do. */
function mentionsLoop(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  const known = mentioning.get(part);
  if (known !== undefined) return known;
  const { type, value } = part as Node;
  const inside = part instanceof Map ? [...part].flat() : Object.values(part);
  const found = (type === "Identifier" && value === "loop") || inside.some(mentionsLoop);
  mentioning.set(part, found);
  return found;
}
