import { canRead, next, nextOfAll } from "../characters/automaton.ts";
import type { CodePoints } from "../characters/code-points.ts";
import { escaped, spelled } from "./escapes.ts";
import type { TextRule } from "./text-rule.ts";

/** One reading of a text: a rule, and the state of its automaton. */
export interface Reading {
  readonly rule: TextRule;
  readonly at: number;
}

/** Whether the text may end here, as far as its automaton goes. */
export const mayEnd = ({ rule, at }: Reading): boolean => rule.automaton.states[at]?.accepting === true;

/** The readings after a character. */
export const after = (readings: readonly Reading[], code: number): Reading[] =>
  reached(readings, ({ rule, at }) => next(rule.automaton, at, code));

/** The readings that go on, in the states they go on to. */
function reached(readings: readonly Reading[], to: (reading: Reading) => number | undefined): Reading[] {
  // There may be a thousand, and this is asked for every byte.
  const found: Reading[] = [];
  for (const reading of readings) {
    const at = to(reading);
    if (at !== undefined) found.push({ rule: reading.rule, at });
  }
  return found;
}

/** The readings after any of these characters, if they are the same for all of them. */
export function afterAll(readings: readonly Reading[], first: number, last: number): Reading[] | undefined {
  const all: Reading[] = [];
  for (const { rule, at } of readings) {
    const to = nextOfAll(rule.automaton, at, first, last);
    if (to !== undefined) all.push({ rule, at: to });
    else if (canRead(rule.automaton, at, first, last)) return undefined;
  }
  return all;
}

/** The readings that some of these characters may follow. */
export const able = (readings: readonly Reading[], codes: CodePoints): Reading[] =>
  readings.filter(({ rule, at }) => codes.some(([first, last]) => canRead(rule.automaton, at, first, last)));

/** The readings that a character may follow whose escape, as `JSON.stringify` writes it, begins like this. */
export const ableExactly = (readings: readonly Reading[], beginning: string): Reading[] => {
  const codes = escaped.filter((code) => spelled(code).startsWith(beginning));
  return readings.filter(({ rule, at }) => codes.some((code) => next(rule.automaton, at, code) !== undefined));
};
