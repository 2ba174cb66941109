/**
 * Raw: softmax of the logits at temperature 1. Processed: after temperature, top-k, top-p and min-p, the row that
 * tokens are drawn from.
 */
export type RowKind = "raw" | "processed";

/**
 * Divergences between the target's row p and the drafter's row q, in nats (tv: 0 to 1). `kl` is KL(p‖q), `reverse-kl`
 * KL(q‖p).
 */
export type Measure = "kl" | "reverse-kl" | "js" | "tv";

/**
 * A number that is read of each position of a block: the most probable token; 1 where the drafted token's logit is
 * above −∞ and 0 where it is not ("support"); or of a row the probability of the drafted token, the one that the
 * drafter gave it, the highest probability, the entropy, a divergence from the drafter's row.
 */
export type Reading =
  | "argmax"
  | "support"
  | `${RowKind} ${"probability" | "draft-probability" | "confidence" | "entropy" | Measure}`;

/** Whether the number is one of the drafter's row, or compares both. */
export function readsDraft(reading: Reading): boolean {
  return / (draft-probability|kl|reverse-kl|js|tv)$/.test(reading);
}

/** Numbers by position. Probabilities and confidences are given as natural logarithms; what is infinite as Infinity. */
export type Readings = Readonly<Partial<Record<Reading, ArrayLike<number>>>>;
