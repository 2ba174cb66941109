import { type Alphabet, alphabetOf, letterOf, lettersIn } from "./alphabet.ts";
import { everyCharacter } from "./code-points.ts";

/** A deterministic automaton over characters. From each state some text leads to an accepting one. */
export interface Automaton {
  readonly alphabet: Alphabet;
  /** The first state is the start. Empty if the automaton accepts nothing. */
  readonly states: readonly AutomatonState[];
}

export interface AutomatonState {
  readonly accepting: boolean;
  /** The next state, by letter; letters on which there is no way on are missing. */
  readonly next: ReadonlyMap<number, number>;
}

/** The automaton of all texts. */
export const anyText: Automaton = {
  alphabet: alphabetOf([everyCharacter]).alphabet,
  states: [{ accepting: true, next: new Map([[0, 0]]) }],
};

/** The state after a code point; undefined if there is no way on. */
export const next = ({ alphabet, states }: Automaton, state: number, code: number): number | undefined =>
  code < alphabet.lowest || code > alphabet.highest ? undefined : states[state]?.next.get(letterOf(alphabet, code));

/** Whether there is a way on for some code point of the range. */
export const canRead = ({ alphabet, states }: Automaton, state: number, first: number, last: number): boolean =>
  first <= alphabet.highest &&
  last >= alphabet.lowest &&
  lettersIn(alphabet, first, last).some((letter) => states[state]?.next.has(letter));

/** The state after any code point of the range; undefined if they lead to different states, or some to none. */
export function nextOfAll(
  { alphabet, states }: Automaton,
  state: number,
  first: number,
  last: number,
): number | undefined {
  if (first > alphabet.highest || last < alphabet.lowest) return undefined;
  const all = new Set(lettersIn(alphabet, first, last).map((letter) => states[state]?.next.get(letter)));
  return all.size === 1 ? [...all][0] : undefined;
}
