/** The middle value. If the number of values is even, the higher of the two in the middle. */
export const median = (values: readonly number[]): number => ordered(values, 2);

/** The value with a quarter of the others below it. */
export const lowerQuartile = (values: readonly number[]): number => ordered(values, 4);

/** The value with a quarter of the others above it. */
export const upperQuartile = (values: readonly number[]): number => ordered(values, 4 / 3);

function ordered(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / share)] as number;
}
