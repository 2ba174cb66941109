import type { Steps } from "../steps.ts";

/**
 * Sets of characters: code points without surrogates, as sorted ranges that neither overlap nor touch. Both ends belong
 * to a range.
 */
export type CodePoints = readonly (readonly [first: number, last: number])[];

export const highest = 0x10_ffff;
const surrogates = [0xd800, 0xdfff] as const;

/** All characters. */
export const everyCharacter: CodePoints = [
  [0, surrogates[0] - 1],
  [surrogates[1] + 1, highest],
];

/** The characters of these ranges, in any order. */
export const codePoints = (ranges: Iterable<readonly [number, number]>): CodePoints => rest(rest(ranges));

/** All characters that are not in the set. */
export const complement = (set: CodePoints): CodePoints => rest(set);

function rest(ranges: Iterable<readonly [number, number]>): CodePoints {
  const left: [number, number][] = [];
  let next = 0;
  for (const [first, last] of [...ranges, surrogates].sort(([a], [b]) => a - b)) {
    if (first > next) left.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= highest) left.push([next, highest]);
  return left;
}

/** Characters between two steps. */
const block = 0x1000;

/** The characters that a set of a regular expression has, such as `\p{L}`. */
export function* charactersOfPattern(set: string): Steps<CodePoints> {
  const runs = new RegExp(`${set}+`, "gu");
  const ranges: [number, number][] = [];
  for (let start = 0; start <= highest; start += block) {
    yield;
    if (start >= surrogates[0] && start <= surrogates[1]) continue;
    // Surrogates fill the half of a block, and others would join with them.
    const size = start + block > surrogates[0] && start < surrogates[0] ? surrogates[0] - start : block;
    const text = String.fromCodePoint(...Array.from({ length: size }, (_, at) => start + at));
    const units = start < 0x1_0000 ? 1 : 2;
    for (const { 0: run, index } of text.matchAll(runs)) {
      const first = start + index / units;
      ranges.push([first, first + run.length / units - 1]);
    }
  }
  return codePoints(ranges);
}
