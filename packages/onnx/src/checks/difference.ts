/** How far apart two computations of the same numbers are, and how far they may be. */

/** Shares of what the numbers span. */
export const tolerance = {
  /**
   * The same float32 arithmetic in another order, such as another device's kernels. Zero as a rule where blocks have
   * the same shapes.
   */
  float32: 0.001,
  /** float16 arithmetic, or that of 4-bit weights with other roundings. */
  rounded: 0.02,
  /**
   * Quantised activations, which differ by a few hundredths between blocks; a cache that is not read as written, by
   * about half.
   */
  blocks: 0.25,
} as const;

/** The highest minus the lowest of the numbers, without those that are −∞: ids that are never drawn. */
export function span(values: Float32Array): number {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === Number.NEGATIVE_INFINITY) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return highest - lowest;
}

/** The largest difference; 0 between two that are −∞. Infinity where only one is, or one is NaN. */
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

/** The largest difference as a share of what the expected numbers span. */
export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  const most = difference(found, expected);
  return most === 0 ? 0 : most / span(expected);
}
