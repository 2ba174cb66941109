/**
 * Float tensors as this package holds them: float32 as numbers, float16 as its bits, because not every runtime has
 * Float16Array.
 */
import type { Tensor } from "onnxruntime-node";
import { fromFloat16 } from "../onnx-file/float16.ts";

/** What caches and logits are made of. */
export type Precision = "float32" | "float16";

/** Numbers, or the bits of float16. */
export type Cells = Float32Array | Uint16Array;

/** That many zeros. */
export function zeros(precision: Precision, length: number): Cells {
  return precision === "float32" ? new Float32Array(length) : new Uint16Array(length);
}

/** A tensor on that memory, to be read or to be filled by a run. */
export function tensorOf(runtime: { readonly Tensor: typeof Tensor }, data: Cells, shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new runtime.Tensor("float32", data, shape);
  const tensor = new runtime.Tensor("float16", data, shape);
  // Where Float16Array exists the constructor turns the bits into one, which the native side then refuses ("not enough
  // space").
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

/** The numbers themselves: float32 as it is, float16 converted. */
export function toFloat32(cells: Cells): Float32Array {
  if (cells instanceof Float32Array) return cells;
  // Looked up, because a pass over a large vocabulary converts millions.
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => fromFloat16(bits));
  const out = new Float32Array(cells.length);
  for (let i = 0; i < cells.length; i++) out[i] = table[cells[i] as number] as number;
  return out;
}
