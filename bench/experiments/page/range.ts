/** The ends of an axis that holds the values, with room beyond them, on multiples of `step`. */
export function rangeOf(
  values: readonly number[],
  step: number,
  most: number = Number.POSITIVE_INFINITY,
): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return [step * Math.floor(low / step - 0.4), Math.min(most, step * Math.ceil(high / step + 0.4))];
}
