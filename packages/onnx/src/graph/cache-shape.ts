import type { Precision } from "./float-tensors.ts";

/**
 * How a graph treats its past. split: it reads buffers where they lie, values in two parts, and returns the block's own
 * rows; new-rows: it is given buffers with room to spare and returns the block's own rows; in-place: it writes them
 * into the buffers; concat: it is given exactly the past, to which it joins the block.
 */
export type CacheFamily = "split" | "new-rows" | "in-place" | "concat";

/**
 * Sizes and type of the tensors [1, groups, length, headSize] (split: [length, groups, headSize]), one key and one
 * value per layer, or of those that hold both, [2, 1, groups, length, headSize].
 */
export interface CacheShape {
  readonly layers: number;
  /** Key and value heads. */
  readonly groups: number;
  readonly headSize: number;
  readonly precision: Precision;
  /** Whether key and value of a layer are one tensor, past_N, as in exports of GPT-2. Default: false. */
  readonly combined?: boolean | undefined;
  /** The fewest rows that a tensor must have room for: those of a sliding window. Default: 0. */
  readonly leastRows?: number | undefined;
}
