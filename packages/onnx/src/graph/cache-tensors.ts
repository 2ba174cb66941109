/** The tensors in which a graph takes and returns its cache. */

/** Their names, and how rows of head size lie in each. */
import type { CacheShape } from "./cache-shape.ts";
export interface CacheTensors {
  /** Inputs and outputs, in the order of `present_rows`. */
  readonly names: readonly { readonly past: string; readonly present: string }[];
  /** Each tensor is so many runs of `length` rows. */
  readonly groups: number;
  /** The shape of one with so many rows per run. */
  shape(length: number): number[];
  /** The dimension that is the length. */
  readonly axis: number;
  /** The shape of `present_rows` for so many rows. */
  rowsShape(length: number): number[];
}

/**
 * Of caches with a key and a value for each layer, or with both in one tensor (combined): the rows lie in the same
 * order.
 */
export function cacheTensors({
  layers,
  groups,
  headSize,
  combined = false,
}: Pick<CacheShape, "layers" | "groups" | "headSize" | "combined">): CacheTensors {
  if (combined) {
    return {
      names: Array.from({ length: layers }, (_, n) => ({ past: `past_${n}`, present: `present_${n}` })),
      groups: 2 * groups,
      shape: (length) => [2, 1, groups, length, headSize],
      axis: 3,
      rowsShape: (length) => [2 * layers, 1, groups, length, headSize],
    };
  }
  return {
    names: cacheParts(layers).map((part) => ({ past: `past_key_values.${part}`, present: `present.${part}` })),
    groups,
    shape: (length) => [1, groups, length, headSize],
    axis: 2,
    rowsShape: (length) => [2 * layers, groups, length, headSize],
  };
}

/** `0.key`, `0.value`, `1.key`, …: what the names of cache tensors end with, in the order of `present_rows`. */
export function cacheParts(layers: number): string[] {
  return Array.from({ length: layers }, (_, n) => [`${n}.key`, `${n}.value`]).flat();
}
