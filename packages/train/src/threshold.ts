import type { Example } from "./example.ts";

/** A distance in log odds that rounding a head's weights to seven digits does not bridge. */
const apart = 1e-3;

/**
 * The log odds of "must be rejected" from which on tokens are rejected, so that this share of those that must be are:
 * midway between the last token that it takes and the next one. `odds` are those of the examples.
 */
export function oddsFor(recall: number, odds: readonly number[], examples: readonly Example[]): number {
  const wrong = odds.filter((_, i) => examples[i]?.fine === false).sort((a, b) => b - a);
  const last = wrong[Math.ceil(recall * wrong.length) - 1] as number;
  const next = odds.reduce((best, value) => (value < last - apart && value > best ? value : best), last - 2);
  return (last + next) / 2;
}
