import type { Token } from "../model.ts";
import type { Measure, RowKind } from "./reading.ts";

/** A distribution over the vocabulary: non-negative, sums to 1. */
export type Row = Float32Array;

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
  /**
   * Whether the request allows the token here: false for what top-k, top-p or min-p cut off, and for ids whose logit is
   * −∞ (a mask, or no token has the id). At temperature 0, where the processed row is one-hot, only logits of −∞ are
   * ruled out.
   */
  supports(at: number, token: Token): boolean;
  /** The highest probability of the row. */
  confidence(at: number, kind?: RowKind): number;
  /** Shannon entropy in nats. */
  entropy(at: number, kind?: RowKind): number;
  /** How far this row p lies from the drafter's row q at the same position. Infinite where q = 0 < p (for kl). */
  divergence(at: number, drafter: Evidence, measure: Measure, kind?: RowKind): number;
  /**
   * Where rows lie on a device: resolves when the position's `logits` and `row` can be read here. Absent where all of
   * them can.
   */
  load?(at: number): Promise<void>;
}
