/** Conditions on numbers: in words, in code, and as a function. */
import { integer, pick, type Random, several } from "../../problem.ts";

export interface NumberFilter {
  /** A noun with alternatives in braces: `numbers {above|over} 10`. */
  readonly noun: string;
  /** The noun without alternatives. */
  readonly plain: string;
  /** The condition on a variable, in JavaScript. */
  code(variable: string): string;
  keeps(number: number): boolean;
  /** The numbers next to the border of the condition, on either side. */
  readonly edge: readonly number[];
}

/** In words, without alternatives, in code, where the border is above the limit, and as a function. */
const limits = [
  ["numbers {above|over|greater than}", "numbers above", ">", 1, (x: number, limit: number) => x > limit],
  ["numbers {below|under|less than}", "numbers below", "<", 0, (x: number, limit: number) => x < limit],
  ["numbers that are at least", "numbers that are at least", ">=", 0, (x: number, limit: number) => x >= limit],
  ["numbers that are at most", "numbers that are at most", "<=", 1, (x: number, limit: number) => x <= limit],
] as const;

function limited(random: Random, most: number): NumberFilter {
  const [noun, plain, sign, border, compare] = pick(random, limits);
  const limit = integer(random, 3, most);
  return {
    noun: `${noun} ${limit}`,
    plain: `${plain} ${limit}`,
    code: (variable) => `${variable} ${sign} ${limit}`,
    keeps: (number) => compare(number, limit),
    edge: [limit + border - 1, limit + border],
  };
}

function divisible(random: Random): NumberFilter {
  const by = pick(random, [2, 2, 3, 4, 5, 10]);
  const plain = by === 2 ? "even numbers" : `multiples of ${by}`;
  return {
    noun: plain,
    plain,
    code: (variable) => `${variable} % ${by} === 0`,
    keeps: (number) => number % by === 0,
    edge: [by, by + 1],
  };
}

const odd: NumberFilter = {
  noun: "odd numbers",
  plain: "odd numbers",
  code: (variable) => `${variable} % 2 !== 0`,
  keeps: (number) => number % 2 !== 0,
  edge: [5, 8],
};

/** A random condition with a list of three or four numbers up to `most`, of which it keeps two or three, not all. */
export function filterWithNumbers(
  random: Random,
  most: number,
):
  | { readonly filter: NumberFilter; readonly numbers: readonly number[]; readonly kept: readonly number[] }
  | undefined {
  const kind = random();
  const filter = kind < 0.5 ? limited(random, most - 3) : kind < 0.85 ? divisible(random) : odd;
  const upTo = Array.from({ length: most }, (_, at) => at + 1);
  const numbers = several(random, upTo, integer(random, 3, 4));
  const kept = numbers.filter(filter.keeps);
  return kept.length < 2 || kept.length === numbers.length ? undefined : { filter, numbers, kept };
}
