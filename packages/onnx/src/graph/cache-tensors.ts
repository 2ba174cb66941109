/** The tensors of a graph's cache: its inputs and outputs. */
import type { CacheShape } from "./cache-shape.ts";

/** Their names, and how the rows of head size are laid out in each. */
export interface CacheTensors {
  /** Inputs and outputs, in the order of `present_rows`. */
  readonly names: readonly { readonly past: string; readonly present: string }[];
  /** Each tensor is this many groups of `length` rows. */
  readonly groups: number;
  /** The shape of a tensor with this many rows per group. */
  shape(length: number): number[];
  /** The index of the length dimension. */
  readonly axis: number;
  /** The shape of `present_rows` for this many rows. */
  rowsShape(length: number): number[];
}

/**
 * For caches with one key and one value per layer, or with both in one tensor (combined): the order of the rows is the
 * same.
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

/** `0.key`, `0.value`, `1.key`, …: the endings of cache tensor names, in the order of `present_rows`. */
export function cacheParts(layers: number): string[] {
  return Array.from({ length: layers }, (_, n) => [`${n}.key`, `${n}.value`]).flat();
}
