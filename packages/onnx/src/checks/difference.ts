/** Measures the difference between two computations of the same numbers, and sets its limits. */

/** Relative to the span of the numbers. */
export const tolerance = {
  /**
   * The same float32 arithmetic in another order, as in another device's kernels. Usually zero for blocks of the same
   * shape.
   */
  float32: 0.001,
  /** float16 arithmetic, or 4-bit weights rounded differently. */
  rounded: 0.02,
  /**
   * Quantised activations differ by a few hundredths between blocks; a cache that is not read as written, by about a
   * half.
   */
  blocks: 0.25,
} as const;

/** The highest minus the lowest number, leaving out −∞ (ids that are never drawn). */
export function span(values: Float32Array): number {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === Number.NEGATIVE_INFINITY) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return highest - lowest;
}

/** The largest difference. Two −∞ differ by 0; infinity if only one of them is −∞ or one is NaN. */
export function difference(found: Float32Array, expected: Float32Array): number {
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    if (a === b) continue;
    const apart = Math.abs(a - b);
    if (!Number.isFinite(apart)) return Number.POSITIVE_INFINITY;
    if (apart > most) most = apart;
  }
  return most;
}

/** The largest difference, relative to the span of the expected numbers. */
export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  const most = difference(found, expected);
  return most === 0 ? 0 : most / span(expected);
}
