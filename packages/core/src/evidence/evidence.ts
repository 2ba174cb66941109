import type { Sample, Token } from "../model.ts";
import type { Measure, Reading, RowKind } from "./reading.ts";

/** A distribution over the vocabulary: non-negative, sums to 1. */
export type Row = Float32Array;

/** One model's predictions at each position of a block. Each number is computed once, on first use. */
export interface Evidence {
  /** The number of positions. */
  readonly length: number;
  readonly vocabulary: number;
  /** The most probable token (the lowest id among equals). Needs no softmax. */
  argmax(at: number): Token;
  /** The logits, shaped by the request's processors and grammar. Do not write to them. */
  logits(at: number): Float32Array;
  /** The logits before shaping: the model's own. Absent for rows on a device. Do not write to them. */
  ownLogits?(at: number): Float32Array;
  /** The whole distribution. Do not write to it. */
  row(at: number, kind?: RowKind): Row;
  probability(at: number, token: Token, kind?: RowKind): number;
  /**
   * Whether the request allows the token here: false for tokens cut off by top-k, top-p or min-p, and for ids with a
   * logit of −∞ (banned, against the grammar, or without a token). At temperature 0, where the processed row is
   * one-hot, only logits of −∞ are ruled out.
   */
  supports(at: number, token: Token): boolean;
  /** The highest probability of the row. */
  confidence(at: number, kind?: RowKind): number;
  /** Shannon entropy in nats. */
  entropy(at: number, kind?: RowKind): number;
  /** The divergence of this row p from the drafter's row q at the same position. For kl, infinite where q = 0 < p. */
  divergence(at: number, drafter: Evidence, measure: Measure, kind?: RowKind): number;
  /**
   * Whether the drafted token is one of the `k` most probable (equals count as one) and its raw probability at most
   * `delta` below the highest. Absent if all logits can be read.
   */
  within?(at: number, token: Token, k: number, delta: number): boolean;
  /** Entropy in nats of the three highest raw probabilities, renormalised. Absent if all logits can be read. */
  topThreeEntropy?(at: number): number;
  /**
   * Whether a divergence is surely below a threshold, where it is known only between two bounds. Where the bounds leave
   * it open it is not, and the position counts as undecided. Absent if divergences are known.
   */
  below?(at: number, drafter: Evidence, measure: Measure, threshold: number, kind?: RowKind): boolean;
  /** Whether a comparison at this position was left open by `below`. */
  undecided?(at: number): boolean;
  /** For rows on a device: whether this number can be read of each drafted token. Absent if all numbers can. */
  reads?(reading: Reading): boolean;
  /**
   * For rows on a device: fetches the position's row, and resolves to whether its `logits` and `row` can be read now.
   * Absent if all rows can be read, or none.
   */
  load?(at: number): Promise<boolean>;
  /** Draws tokens from the processed row where it lies. Absent if the loop draws from rows itself. */
  sample?(at: number, count: number, uniform: number): Promise<readonly Sample[]>;
}
