/**
 * Whether `after` is `before` normalised row by row by LayerNorm (with mean) or RMSNorm: after = (before − mean(row)) /
 * √(square(row) + ε) · weight(column) + bias(column). Weights and biases are fitted, so they need not be read from the
 * file. Both [rows, width]; false when there are too few rows to tell.
 */
export function isNormOf(after: Float32Array, before: Float32Array, width: number): boolean {
  if (before.length !== after.length || after.length < 4 * width) return false;
  return epsilons.some(
    (epsilon) =>
      misfit(after, unit(before, width, false, epsilon), width, false) <= tolerance ||
      misfit(after, unit(before, width, true, epsilon), width, true) <= tolerance,
  );
}

/** Common values of ε. They matter when the states are small. */
const epsilons = [1e-6, 1e-5, 1e-8, 1e-12];

/**
 * The share of squares left by the fit, averaged over the columns: rounding to float16 leaves about 1e-7, another
 * layer's states far more.
 */
const tolerance = 1e-5;

/** The rows with mean square 1, and with mean 0 if `centre`. */
function unit(values: Float32Array, width: number, centre: boolean, epsilon: number): Float64Array {
  const out = Float64Array.from(values);
  for (let start = 0; start < out.length; start += width) {
    const row = out.subarray(start, start + width);
    const mean = centre ? row.reduce((sum, value) => sum + value, 0) / width : 0;
    const square = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const scale = 1 / Math.sqrt(square + epsilon);
    for (let i = 0; i < width; i++) row[i] = ((row[i] as number) - mean) * scale;
  }
  return out;
}

/** How far the columns of y are from multiples of those of x, plus a constant if `biased`. */
function misfit(y: Float32Array, x: Float64Array, width: number, biased: boolean): number {
  const rows = y.length / width;
  let misfits = 0;
  for (let column = 0; column < width; column++) {
    let [sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0];
    for (let at = column; at < y.length; at += width) {
      const [a, b] = [x[at] as number, y[at] as number];
      sx += a;
      sy += b;
      sxx += a * a;
      sxy += a * b;
      syy += b * b;
    }
    const [product, square] = biased ? [sxy - (sx * sy) / rows, sxx - (sx * sx) / rows] : [sxy, sxx];
    // A column of zeros fits nothing and needs no fit.
    const weight = square === 0 ? 0 : product / square;
    const bias = biased ? (sy - weight * sx) / rows : 0;
    let left = 0;
    for (let at = column; at < y.length; at += width)
      left += ((y[at] as number) - weight * (x[at] as number) - bias) ** 2;
    misfits += left === 0 ? 0 : left / syy;
  }
  return misfits / width;
}
