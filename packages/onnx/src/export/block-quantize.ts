/**
 * Weights in blocks along a matrix's rows, each with a scale of its own, in the layout of com.microsoft.MatMulNBits.
 *
 * A block's scale is searched: of several candidates near its largest magnitude, each followed by the best scale for
 * its rounded values in closed form, the one with the least squared error wins. With a calibration, errors are weighted
 * by how large the inputs of their columns were, as AWQ (arXiv 2306.00978, section 3.1) and llama.cpp's importance
 * matrix do; and then the weights are rounded one after another, each making up for the errors before it.
 */
import { type Compensation, columnSquares, compensation } from "./compensation.ts";

/** How a matrix is stored in blocks. */
export interface BlockFormat {
  readonly bits: 4 | 8;
  /** Weights per scale: a power of two, at least 16. */
  readonly block: number;
  /** Whether a block also has a zero point. Without one, zero is in the middle. */
  readonly zeroPoints: boolean;
  /** Whether the last block of a row is filled up with zeros, as MatMulNBits needs it, or cut off. */
  readonly filled: boolean;
}

/** A matrix in blocks. */
export interface BlockMatrix {
  /** uint8 [rows, blocks · block · bits / 8], or [rows, columns · bits / 8] when not filled; low bits first. */
  readonly values: Uint8Array<ArrayBuffer>;
  /** float32 [rows, blocks] */
  readonly scales: Float32Array<ArrayBuffer>;
  /** uint8 [rows, ⌈blocks · bits / 8⌉], packed as values; undefined when zero is in the middle. */
  readonly zeros: Uint8Array<ArrayBuffer> | undefined;
}

/** Blocks per row. */
export const blocksIn = (columns: number, { block }: BlockFormat): number => Math.ceil(columns / block);

/** Stored weights of a row. */
export const storedIn = (columns: number, format: BlockFormat): number =>
  format.filled ? blocksIn(columns, format) * format.block : columns;

/** Bytes of the zero points of a row. */
export const zeroBytes = (columns: number, format: BlockFormat): number =>
  Math.ceil((blocksIn(columns, format) * format.bits) / 8);

/** How far a candidate's range reaches, relative to the block's largest magnitude. With 8 bits the whole range is best. */
const reaches = { 4: [1.05, 1, 0.95, 0.9, 0.85, 0.8, 0.75], 8: [1] } as const;

/** `products`: those of the columns of its inputs (see compensation.ts); undefined if they are not known. */
export function quantizeBlocks(
  matrix: Float32Array,
  rows: number,
  columns: number,
  format: BlockFormat,
  products?: Float32Array,
): BlockMatrix {
  const { bits, block, zeroPoints } = format;
  const blocks = blocksIn(columns, format);
  const stored = storedIn(columns, format);
  const values = new Uint8Array((rows * stored * bits) / 8);
  const scales = new Float32Array(rows * blocks);
  const zeros = zeroPoints ? new Uint8Array(rows * zeroBytes(columns, format)) : undefined;
  const fit = blockFitter(format);
  const importance = products === undefined ? new Float64Array(columns).fill(1) : columnSquares(products, columns);
  const others = products === undefined ? undefined : compensation(products, columns);
  for (let row = 0; row < rows; row++) {
    const weights = matrix.slice(row * columns, (row + 1) * columns);
    for (let index = 0; index < blocks; index++) {
      const begin = index * block;
      const size = Math.min(block, columns - begin);
      const fitted = fit(weights.subarray(begin, begin + size), importance.subarray(begin, begin + size));
      if (others !== undefined) roundInTurn(fitted, weights, begin, size, bits, others);
      const { scale, zero, steps } = fitted;
      const at = row * blocks + index;
      scales[at] = scale;
      const end = Math.min(begin + block, stored);
      for (let i = begin; i < end; i++)
        put(values, row * stored + i, i < begin + size ? (steps[i - begin] as number) : zero, bits);
      // Zero points start at a byte in each row.
      if (zeros !== undefined) put(zeros, (row * zeroBytes(columns, format) * 8) / bits + index, zero, bits);
    }
  }
  return { values, scales, zeros };
}

function put(bytes: Uint8Array, index: number, value: number, bits: 4 | 8): void {
  if (bits === 8) bytes[index] = value;
  else bytes[index >> 1] = (bytes[index >> 1] as number) | (value << (4 * (index & 1)));
}

/** A block as steps from 0 to 2^bits − 1: weight = scale · (step − zero). */
interface Fitted {
  scale: number;
  zero: number;
  steps: Uint8Array;
}

/** Finds the scale of a block. The result is reused by the next call. */
function blockFitter({ bits, block, zeroPoints }: BlockFormat) {
  const [most, middle] = [2 ** bits - 1, 2 ** (bits - 1)];
  const best: Fitted = { scale: 1, zero: middle, steps: new Uint8Array(block) };
  const tried: Fitted = { scale: 1, zero: middle, steps: new Uint8Array(block) };
  return (weights: Float32Array, importance: Float64Array): Readonly<Fitted> => {
    best.scale = 1;
    best.zero = middle;
    best.steps.fill(middle);
    let [low, high] = [0, 0];
    for (const weight of weights) {
      if (weight < low) low = weight;
      if (weight > high) high = weight;
    }
    if (low === high) return best;
    let least = Number.POSITIVE_INFINITY;
    for (const reach of reaches[bits]) {
      // Without a zero point, the value of largest magnitude goes to the end that has one step more.
      const scale = zeroPoints ? (reach * (high - low)) / most : (reach * (high > -low ? high : low)) / -middle;
      tried.zero = zeroPoints ? Math.min(most, Math.max(0, Math.round((-reach * low) / scale))) : middle;
      const error = tryScale(tried, weights, importance, scale, most);
      if (!(error < least)) continue;
      least = error;
      best.scale = tried.scale;
      best.zero = tried.zero;
      best.steps.set(tried.steps);
    }
    return best;
  };
}

/** Rounds the weights of a row's block with its scale one after another. */
function roundInTurn(
  { scale, zero, steps }: Readonly<Fitted>,
  row: Float32Array,
  begin: number,
  size: number,
  bits: 4 | 8,
  { spread }: Compensation,
): void {
  const most = 2 ** bits - 1;
  for (let i = 0; i < size; i++) {
    const weight = row[begin + i] as number;
    const step = Math.min(most, Math.max(0, Math.round(weight / scale) + zero));
    steps[i] = step;
    spread(row, begin + i, weight - scale * (step - zero));
  }
}

/** Rounds with `scale`, replaces it by the best one for the rounded values, and returns the weighted squared error. */
function tryScale(tried: Fitted, weights: Float32Array, importance: Float64Array, scale: number, most: number): number {
  const { steps, zero } = tried;
  const inverse = 1 / scale;
  const half = zero + 0.5;
  let products = 0;
  let squares = 0;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    const factor = importance[i] as number;
    const place = weight * inverse + half;
    // Cutting off what follows the point rounds, because places are positive.
    const step = place <= 0 ? 0 : place >= most ? most : place | 0;
    steps[i] = step;
    const distance = step - zero;
    products += factor * weight * distance;
    squares += factor * distance * distance;
    total += factor * weight * weight;
  }
  tried.scale = Math.fround(squares > 0 ? products / squares : scale);
  return total - 2 * tried.scale * products + tried.scale * tried.scale * squares;
}
