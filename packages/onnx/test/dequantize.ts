import type { BlockFormat, BlockMatrix } from "../src/export/block-quantize.ts";

/** The weights that a matrix in blocks stands for, by the formula of com.microsoft.MatMulNBits. */
export function dequantized(
  { values, scales, zeros }: BlockMatrix,
  rows: number,
  columns: number,
  { bits, block, filled }: BlockFormat,
): number[] {
  const blocks = Math.ceil(columns / block);
  const perRow = filled ? blocks * block : columns;
  const read = (bytes: Uint8Array, index: number): number =>
    bits === 8 ? (bytes[index] as number) : ((bytes[index >> 1] as number) >> (index % 2 === 0 ? 0 : 4)) & 15;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const out: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = Math.floor(column / block);
      const zero = zeros === undefined ? 2 ** (bits - 1) : read(zeros.subarray(row * zeroBytes), at);
      out.push((scales[row * blocks + at] as number) * (read(values, row * perRow + column) - zero));
    }
  }
  return out;
}
