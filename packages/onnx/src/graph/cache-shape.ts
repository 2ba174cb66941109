import type { Precision } from "./float-tensors.ts";

/**
 * How a graph treats its past. split: it reads buffers in place, values in two parts, and returns the block's own rows.
 * new-rows: it takes buffers with spare room and returns the block's own rows. in-place: it writes those rows into the
 * buffers. concat: it takes exactly the past and returns it with the block appended.
 */
export type CacheFamily = "split" | "new-rows" | "in-place" | "concat";

/**
 * Sizes and type of the tensors [1, groups, length, headSize] (split: [length, groups, headSize]), one key and one
 * value per layer; or of combined ones, [2, 1, groups, length, headSize].
 */
export interface CacheShape {
  readonly layers: number;
  /** Key and value heads. */
  readonly groups: number;
  readonly headSize: number;
  readonly precision: Precision;
  /** Whether key and value of a layer are one tensor, past_N, as in exports of GPT-2. Default: false. */
  readonly combined?: boolean | undefined;
  /** The minimum number of rows that a tensor must have room for: the size of a sliding window. Default: 0. */
  readonly leastRows?: number | undefined;
}
