/** Signed int8 weights: each output of a matrix has its own scale, its largest magnitude / 127. */

import { transpose } from "./transpose.ts";

/** The scales of a matrix's rows, one per output; 1 for a row of zeros. */
export function columnScales(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const scales = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    let most = 0;
    for (let at = i * columns, end = at + columns; at < end; at++) {
      const size = Math.abs(values[at] as number);
      if (size > most) most = size;
    }
    scales[i] = most === 0 ? 1 : most / 127;
  }
  return scales;
}

/** A matrix [rows, columns] divided by its scales and transposed: [columns, rows], int8 as bytes. */
export function quantize(values: Float32Array, scales: Float32Array, columns: number): Uint8Array<ArrayBuffer> {
  const rows = scales.length;
  const turned = transpose(values, rows, columns);
  const out = new Int8Array(values.length);
  for (let at = 0; at < out.length; at += rows) {
    for (let i = 0; i < rows; i++) out[at + i] = Math.round((turned[at + i] as number) / (scales[i] as number));
  }
  return new Uint8Array(out.buffer);
}
