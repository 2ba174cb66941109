/** The numbers of a GGUF tensor as bytes: ggml's f32, f16, q8_0 and q4_0 (ggml-common.h, block_q8_0 and block_q4_0). */
import { toFloat16 } from "@lenity/onnx/testing";
import type { GgufKind } from "./gguf.ts";

/** Numbers that share a scale. */
const block = 32;
/** Bytes of a block: a float16 scale, then the numbers. */
const blockBytes = { q8_0: 2 + block, q4_0: 2 + block / 2 };

/** How many bytes so many numbers take. Blocked kinds need a multiple of 32 in each row. */
export function storedSize(kind: GgufKind, count: number): number {
  if (kind === "f32") return 4 * count;
  if (kind === "f16") return 2 * count;
  if (count % block !== 0) throw new RangeError(`${count} numbers are not whole blocks of ${block}.`);
  return (count / block) * blockBytes[kind];
}

/** The stored bytes of numbers in row-major order. */
export function storedBytes(kind: GgufKind, values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(storedSize(kind, values.length));
  const view = new DataView(bytes.buffer);
  // Plain loops: a matrix has up to hundreds of millions of numbers.
  if (kind === "f32") for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true);
  else if (kind === "f16")
    for (let i = 0; i < values.length; i++) view.setUint16(2 * i, toFloat16(values[i] as number), true);
  else {
    const write = kind === "q8_0" ? writeQ8 : writeQ4;
    for (let at = 0; at < values.length; at += block) write(view, (at / block) * blockBytes[kind], values, at);
  }
  return bytes;
}

/** The block from number `from` on: each as an int8, with the largest magnitude at 127. */
function writeQ8(view: DataView, at: number, values: Float32Array, from: number): void {
  const scale = Math.fround(Math.abs(largest(values, from)) / 127);
  view.setUint16(at, toFloat16(scale), true);
  for (let i = 0; i < block; i++)
    view.setInt8(at + 2 + i, scale === 0 ? 0 : Math.round((values[from + i] as number) / scale));
}

/** Each number as 0 to 15, that is -8 to 7, with the largest magnitude at -8. Byte i holds numbers i and i + 16. */
function writeQ4(view: DataView, at: number, values: Float32Array, from: number): void {
  const scale = Math.fround(largest(values, from) / -8);
  view.setUint16(at, toFloat16(scale), true);
  const quant = (i: number) => (scale === 0 ? 8 : Math.min(15, Math.floor((values[i] as number) / scale + 8.5)));
  for (let i = 0; i < block / 2; i++) view.setUint8(at + 2 + i, quant(from + i) | (quant(from + i + block / 2) << 4));
}

/** The number of the block whose magnitude is the largest; of equal ones the first. */
function largest(values: Float32Array, from: number): number {
  let most = 0;
  for (let i = from; i < from + block; i++) {
    const value = values[i] as number;
    if (Math.abs(value) > Math.abs(most)) most = value;
  }
  return most;
}
