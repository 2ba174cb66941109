import { everyCharacter } from "./code-points.ts";

/** A deterministic automaton over code points. From each state some text leads to an accepting one. */
export interface Automaton {
  /** The first state is the start. Empty if the automaton accepts nothing. */
  readonly states: readonly AutomatonState[];
}

export interface AutomatonState {
  readonly accepting: boolean;
  /** Sorted, without overlaps; there is no way on for other code points. */
  readonly arrows: readonly Arrow[];
}

/** The way on for a range of code points. Both ends belong to it. */
export interface Arrow {
  readonly first: number;
  readonly last: number;
  readonly to: number;
}

/** The automaton of all texts. */
export const anyText: Automaton = {
  states: [{ accepting: true, arrows: everyCharacter.map(([first, last]) => ({ first, last, to: 0 })) }],
};

/** The state after a code point; undefined if there is no way on. */
export function next({ states }: Automaton, state: number, code: number): number | undefined {
  const arrows = arrowsOf(states, state);
  const arrow = arrows[firstEndingAt(arrows, code)];
  return arrow !== undefined && arrow.first <= code ? arrow.to : undefined;
}

/** Whether there is a way on for some code point of the range. */
export function canRead({ states }: Automaton, state: number, first: number, last: number): boolean {
  const arrows = arrowsOf(states, state);
  const arrow = arrows[firstEndingAt(arrows, first)];
  return arrow !== undefined && arrow.first <= last;
}

/** The state after any code point of the range; undefined if they lead to different states, or some to none. */
export function nextOfAll({ states }: Automaton, state: number, first: number, last: number): number | undefined {
  const arrows = arrowsOf(states, state);
  const arrow = arrows[firstEndingAt(arrows, first)];
  return arrow !== undefined && arrow.first <= first && arrow.last >= last ? arrow.to : undefined;
}

/** Whether the automaton accepts the text. */
export function accepts(automaton: Automaton, text: string): boolean {
  let state: number | undefined = automaton.states.length > 0 ? 0 : undefined;
  for (const character of text) {
    if (state === undefined) return false;
    state = next(automaton, state, character.codePointAt(0) as number);
  }
  return state !== undefined && automaton.states[state]?.accepting === true;
}

const arrowsOf = (states: readonly AutomatonState[], state: number): readonly Arrow[] =>
  (states[state] as AutomatonState).arrows;

/** The index of the first arrow that ends at or after this code point. */
function firstEndingAt(arrows: readonly Arrow[], code: number): number {
  let [low, high] = [0, arrows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((arrows[middle] as Arrow).last < code) low = middle + 1;
    else high = middle;
  }
  return low;
}
