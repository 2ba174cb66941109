import type { Budget } from "../budget.ts";
import type { Steps } from "../steps.ts";
import { type Alphabet, alphabetOf, letterOf, rangesOf } from "./alphabet.ts";
import { type Automaton, anyText } from "./automaton.ts";
import type { CodePoints } from "./code-points.ts";
import { explore } from "./explore.ts";

/** The automaton of the texts that both accept. */
export function* both(a: Automaton, b: Automaton, budget: Budget, path: string): Steps<Automaton> {
  if (a === anyText || b.states.length === 0) return b;
  if (b === anyText || a.states.length === 0) return a;
  const sets = [...setsOf(a.alphabet), ...setsOf(b.alphabet)];
  const { alphabet } = alphabetOf(sets);
  /** The letters of both automata that a letter stands for. */
  const pairs = new Map(
    rangesOf(alphabet).map(({ first, letter }) => [
      letter,
      [letterOf(a.alphabet, first), letterOf(b.alphabet, first)] as const,
    ]),
  );
  return yield* explore<readonly [number, number]>(
    {
      alphabet,
      start: [0, 0],
      key: (pair) => pair.join(),
      accepting: ([one, other]) => a.states[one]?.accepting === true && b.states[other]?.accepting === true,
      *next([one, other]) {
        for (const [letter, [left, right]] of pairs) {
          const [to, too] = [a.states[one]?.next.get(left), b.states[other]?.next.get(right)];
          if (to !== undefined && too !== undefined) yield [letter, [to, too]];
        }
      },
    },
    budget,
    path,
  );
}

/** The characters of each letter. */
function setsOf(alphabet: Alphabet): CodePoints[] {
  const sets: [number, number][][] = [];
  for (const { first, last, letter } of rangesOf(alphabet)) if (letter >= 0) (sets[letter] ??= []).push([first, last]);
  return sets;
}

/** The automaton of the texts of these lengths, in characters, that another accepts. */
export function* ofLength(
  { alphabet, states }: Automaton,
  { least, most }: { readonly least: number; readonly most: number },
  budget: Budget,
  path: string,
): Steps<Automaton> {
  if (states.length === 0) return { alphabet, states };
  const cap = most === Number.POSITIVE_INFINITY ? least : most;
  return yield* explore<readonly [state: number, length: number]>(
    {
      alphabet,
      start: [0, 0],
      key: (pair) => pair.join(),
      accepting: ([state, length]) => states[state]?.accepting === true && length >= least,
      *next([state, length]) {
        if (length >= most) return;
        for (const [letter, to] of states[state]?.next ?? []) yield [letter, [to, Math.min(length + 1, cap)]];
      },
    },
    budget,
    path,
  );
}
