import type { Token } from "./model.ts";

/** A distribution over the vocabulary: non-negative, sums to 1. */
export type Row = Float32Array;

/** Raw: softmax of the logits at temperature 1. Processed: after temperature, top-k, top-p and min-p, the row that tokens are drawn from. */
export type RowKind = "raw" | "processed";

/** Divergences between the target's row p and the drafter's row q, in nats (tv: 0 to 1). `kl` is KL(p‖q), `reverse-kl` KL(q‖p). */
export type Measure = "kl" | "reverse-kl" | "js" | "tv";

/** What one model says of each position of a block: every number is computed when first asked for, once. */
export interface Evidence {
  /** The number of positions. */
  readonly length: number;
  readonly vocabulary: number;
  /** The most probable token (the lowest id among equals). Needs no softmax. */
  argmax(at: number): Token;
  /** The logits as the model gave them; not to be written to. */
  logits(at: number): Float32Array;
  /** The whole distribution; not to be written to. */
  row(at: number, kind?: RowKind): Row;
  probability(at: number, token: Token, kind?: RowKind): number;
  /** The highest probability of the row. */
  confidence(at: number, kind?: RowKind): number;
  /** Shannon entropy in nats. */
  entropy(at: number, kind?: RowKind): number;
  /** How far this row p lies from the drafter's row q at the same position. Infinite where q = 0 < p (for kl). */
  divergence(at: number, drafter: Evidence, measure: Measure, kind?: RowKind): number;
}
