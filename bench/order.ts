/** The middle value; of an even number of values, the higher of the two in the middle. */
export const median = (values: readonly number[]): number => ordered(values, 2);

/** The value that a quarter of the others are below. */
export const lowerQuartile = (values: readonly number[]): number => ordered(values, 4);

function ordered(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / share)] as number;
}
