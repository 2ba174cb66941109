import { shown } from "@lenity/core/internal";
import type { Budget } from "../budget.ts";
import { wordsAutomaton } from "../characters/words.ts";
import type { Steps } from "../steps.ts";
import type { Atom } from "./atom.ts";
import type { Type } from "./keywords.ts";
import { invalid, member, type Place, wellFormed } from "./place.ts";

/** The atoms of given values. `word` makes the same atom of the same text. */
export function* constants(
  values: readonly unknown[],
  path: string,
  word: (text: string) => Atom,
  budget: Budget,
): Steps<Atom[]> {
  const atoms = new Set<Atom>();
  const texts = new Set<string>();
  const add = (value: unknown, where: string): void => {
    budget.spend(5, where);
    if (typeof value === "string") {
      budget.spend(5 * value.length, where);
      texts.add(wellFormed(value, where));
    } else if (typeof value === "object" && value !== null) atoms.add(container(value, where));
    else if (value === null || typeof value === "boolean" || Number.isFinite(value)) {
      atoms.add(word(JSON.stringify(value)));
    } else throw invalid(where, `is ${shown(value)}; expected a value of JSON.`);
  };
  for (const [at, value] of values.entries()) {
    add(value, values.length === 1 ? path : `${path}[${at}]`);
    if (budget.due()) yield;
  }
  if (texts.size === 0) return [...atoms];
  const rule = { automaton: yield* wordsAutomaton(texts), exact: true, least: 0, most: Number.POSITIVE_INFINITY };
  return [{ kind: "string", rule }, ...atoms];
}

/** The atom of one array or object. */
function container(value: object, where: string): Atom {
  if (Array.isArray(value)) {
    const places = value.map((item, index): Place => ({ schema: { const: item }, path: `${where}[${index}]` }));
    return { kind: "array", shape: { values: places } };
  }
  const properties = Object.entries(value).map(([name, part]) => ({
    name: wellFormed(name, where),
    value: { schema: { const: part }, path: member(where, name) },
    required: true,
  }));
  return { kind: "object", shape: { properties, others: undefined } };
}

/** Whether a value is of one of these types; undefined allows all. */
export function isOfType(value: unknown, types: ReadonlySet<Type> | undefined): boolean {
  if (types === undefined) return true;
  if (value === null) return types.has("null");
  if (Array.isArray(value)) return types.has("array");
  if (typeof value === "number") return types.has("number") || (types.has("integer") && Number.isInteger(value));
  return types.has(typeof value as Type);
}
