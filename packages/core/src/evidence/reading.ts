/**
 * Raw: softmax of the logits at temperature 1. Processed: the row after temperature, top-k, top-p and min-p, which
 * tokens are drawn from. Both come after the request's processors and grammar, if it has any.
 */
export type RowKind = "raw" | "processed";

/**
 * Divergences between the target's row p and the drafter's row q, in nats (tv: 0 to 1). `kl` is KL(p‖q), `reverse-kl`
 * KL(q‖p).
 */
export type Measure = "kl" | "reverse-kl" | "js" | "tv";

/**
 * A number that is read at each position of a block: the most probable token; 1 if the drafted token's logit is above
 * −∞, else 0 ("support"); 1 if fewer than N tokens are more probable than the drafted one and its raw probability is
 * at most D below the highest, else 0 ("top N within D"); the entropy
 * of the three highest raw probabilities, renormalised ("top-three entropy"); or, from a row, the drafted token's
 * probability, its probability under the drafter, the highest probability, the entropy, or a divergence from the
 * drafter's row.
 */
export type Reading =
  | "argmax"
  | "support"
  | `top ${number} within ${number}`
  | "top-three entropy"
  | `${RowKind} ${"probability" | "draft-probability" | "confidence" | "entropy" | Measure}`;

/** Whether the number depends on the drafter's row. */
export function readsDraft(reading: Reading): boolean {
  return / (draft-probability|kl|reverse-kl|js|tv)$/.test(reading);
}

/** N and D of "top N within D"; undefined for other readings. */
export function topOf(reading: Reading): { readonly k: number; readonly delta: number } | undefined {
  const [, k, delta] = /^top (\S+) within (\S+)$/.exec(reading) ?? [];
  return k === undefined ? undefined : { k: Number(k), delta: Number(delta) };
}

/** Whether the number is one of those that a backend with whole rows on a device computes. */
export function isPlain(reading: Reading): boolean {
  return !reading.startsWith("top");
}

/** Numbers by position. Probabilities and confidences are natural logarithms; infinite divergences are Infinity. */
export type Readings = Readonly<Partial<Record<Reading, ArrayLike<number>>>>;
