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
  /** The type of the tensors; with `int8`, what the graph computes in. */
  readonly precision: Precision;
  /** Whether the tensors are int8, rounded by the graph: lossy, and only split. Default: false. */
  readonly int8?: boolean | undefined;
  /** Whether key and value of a layer are one tensor, past_N, as in exports of GPT-2. Default: false. */
  readonly combined?: boolean | undefined;
  /** The minimum number of rows that a tensor must have room for: the size of a sliding window. Default: 0. */
  readonly leastRows?: number | undefined;
}

/** The bytes of a token's keys and values. */
export function bytesPerToken({ layers, groups, headSize, precision, int8 }: CacheShape): number {
  return 2 * layers * groups * headSize * (int8 === true ? 1 : precision === "float16" ? 2 : 4);
}
