import { type CodePoints, highest } from "./code-points.ts";

/**
 * The letters of an automaton: sets of characters that it does not tell apart. It is small even where the sets of an
 * expression have a thousand ranges.
 */
export interface Alphabet {
  /** Where ranges of code points begin, ascending from 0. Each ends before the next. */
  readonly starts: readonly number[];
  /** By range: its letter, or -1 for code points that are in none. */
  readonly letters: readonly number[];
  /** The lowest and the highest code point with a letter. */
  readonly lowest: number;
  readonly highest: number;
  /** What `lettersIn` has found, by range. */
  readonly found: Map<string, readonly number[]>;
}

export interface LetteredSets {
  readonly alphabet: Alphabet;
  /** The letters of each set. */
  readonly lettersOf: readonly (readonly number[])[];
}

/** The smallest alphabet in which each of these sets is made of letters. */
export function alphabetOf(sets: readonly CodePoints[]): LetteredSets {
  const borders: { readonly at: number; readonly set: number; readonly begins: boolean }[] = [];
  for (const [set, ranges] of sets.entries())
    for (const [first, last] of ranges)
      borders.push({ at: first, set, begins: true }, { at: last + 1, set, begins: false });
  borders.sort((a, b) => a.at - b.at);
  const [starts, letters] = [[0], [-1]];
  const known = new Map<string, number>();
  const lettersOf = sets.map((): number[] => []);
  const open = new Set<number>();
  for (const [index, { at, set, begins }] of borders.entries()) {
    if (begins) open.add(set);
    else open.delete(set);
    if (borders[index + 1]?.at === at) continue;
    const key = [...open].sort((a, b) => a - b).join();
    let letter = key === "" ? -1 : known.get(key);
    if (letter === undefined) {
      letter = known.size;
      known.set(key, letter);
      for (const each of open) lettersOf[each]?.push(letter);
    }
    if (letter === letters.at(-1)) continue;
    if (at === 0) letters[0] = letter;
    else if (at <= highest) {
      starts.push(at);
      letters.push(letter);
    }
  }
  const bounds = { lowest: borders[0]?.at ?? 0, highest: (borders.at(-1)?.at ?? 0) - 1 };
  return { alphabet: { starts, letters, ...bounds, found: new Map() }, lettersOf };
}

/** The letter of a code point; -1 if it has none. */
export const letterOf = ({ starts, letters }: Alphabet, code: number): number =>
  letters[rangeOf(starts, code)] as number;

/** The different letters in a range of code points, both ends included; -1 among them if some code point has none. */
export function lettersIn(alphabet: Alphabet, first: number, last: number): readonly number[] {
  const key = `${first}-${last}`;
  let found = alphabet.found.get(key);
  if (found === undefined) {
    const { starts, letters } = alphabet;
    const all = new Set<number>();
    for (let at = rangeOf(starts, first); at < starts.length && (starts[at] as number) <= last; at++)
      all.add(letters[at] as number);
    found = [...all];
    alphabet.found.set(key, found);
  }
  return found;
}

/** The index of the range that a code point is in. */
function rangeOf(starts: readonly number[], code: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] as number) <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The ranges of code points of each letter. */
export function rangesOf({ starts, letters }: Alphabet): readonly { first: number; last: number; letter: number }[] {
  return starts.map((first, at) => ({
    first,
    last: (starts[at + 1] ?? highest + 1) - 1,
    letter: letters[at] as number,
  }));
}
