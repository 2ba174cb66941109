/** Float tensors in this package: float32 as numbers, float16 as bits, because not every runtime has Float16Array. */
import type { Tensor } from "onnxruntime-node";
import { fromFloat16 } from "../onnx-file/float16.ts";

/** The types of caches and logits. */
export type Precision = "float32" | "float16";

/** Float32 numbers, or float16 bits. */
export type Cells = Float32Array | Uint16Array;

/** An array of zeros. */
export function zeros(precision: Precision, length: number): Cells {
  return precision === "float32" ? new Float32Array(length) : new Uint16Array(length);
}

/** A tensor that uses this memory, as an input or an output of a run. */
export function tensorOf(runtime: { readonly Tensor: typeof Tensor }, data: Cells, shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new runtime.Tensor("float32", data, shape);
  const tensor = new runtime.Tensor("float16", data, shape);
  // Where Float16Array exists, the constructor converts the bits to one, which the native side then rejects ("not
  // enough space").
  Object.defineProperty(tensor, "data", { value: data });
  return tensor;
}

/** The memory of a float tensor. */
export function cellsOf({ type, data }: Tensor): Cells {
  if (type !== "float16") return data as Float32Array;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

let table: Float32Array | undefined;

/** Converts to float32 numbers; float32 is returned unchanged. */
export function toFloat32(cells: Cells): Float32Array {
  if (cells instanceof Float32Array) return cells;
  // A lookup table, because a pass over a large vocabulary converts millions of numbers.
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => fromFloat16(bits));
  const out = new Float32Array(cells.length);
  for (let i = 0; i < cells.length; i++) out[i] = table[cells[i] as number] as number;
  return out;
}
