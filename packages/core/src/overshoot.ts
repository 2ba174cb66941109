import type { Round, Verifier } from "./verifier.ts";

/**
 * Overshoot: q(x) − p(x), −1 to 1, how much more probable an accepted token was to the drafter than to the target; q is
 * 1 if the drafter only proposes tokens. Of lossy rules only: it is a price of theirs. Taken from processed rows; at
 * temperature 0, where those are one-hot, from raw rows, and only for rules that read numbers of raw rows (such as kl):
 * for the others (judge, topk) it would cost two softmaxes a token. Its tail is reported to predict collapse
 * (2607.26627).
 */
export interface Overshoot {
  /** The mean over the accepted tokens of the answer. */
  readonly mean: number;
  /** The 95th percentile: at most one accepted token in twenty is above it. */
  readonly p95: number;
}

/** The overshoot of accepted tokens by position: none for a lossless rule, or where p was not read. */
export function overshootsOf(verifier: Verifier, round: Round, accepted: number): number[] {
  const { draft, target, drafter, greedy } = round;
  const kind = greedy ? "raw" : "processed";
  const read = !greedy || verifier.reads?.some((reading) => reading.startsWith("raw")) === true;
  if (verifier.law === "exact" || !read || target.reads?.(`${kind} probability`) === false) return [];
  return draft
    .slice(0, accepted)
    .map((token, at) => (drafter?.probability(at, token, kind) ?? 1) - target.probability(at, token, kind));
}

/** The overshoot of an answer from that of its accepted tokens; undefined without any. */
export function overshootOf(values: readonly number[]): Overshoot | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    p95: sorted[Math.ceil(0.95 * values.length) - 1] as number,
  };
}
