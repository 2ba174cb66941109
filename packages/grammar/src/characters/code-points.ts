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

/** The characters for which the test is true. Takes some 50 ms. */
export function charactersWhere(test: (character: string) => boolean): CodePoints {
  const ranges: [number, number][] = [];
  for (let code = 0; code <= highest; code++) {
    if (!test(String.fromCodePoint(code))) continue;
    const before = ranges.at(-1);
    if (before !== undefined && before[1] === code - 1) before[1] = code;
    else ranges.push([code, code]);
  }
  return codePoints(ranges);
}
