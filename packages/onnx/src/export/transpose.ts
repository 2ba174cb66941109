/**
 * Side of the squares that are transposed one at a time: both their rows and their columns fit in a processor's cache.
 */
const side = 32;

/** A matrix [rows, columns] as [columns, rows]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let top = 0; top < rows; top += side) {
    const bottom = Math.min(rows, top + side);
    for (let left = 0; left < columns; left += side) {
      const right = Math.min(columns, left + side);
      for (let j = left; j < right; j++)
        for (let i = top; i < bottom; i++) out[j * rows + i] = values[i * columns + j] as number;
    }
  }
  return out;
}
