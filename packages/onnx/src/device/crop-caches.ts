import type { InferenceSession, Tensor } from "onnxruntime-node";
import { type CacheShape, cacheParts } from "../cache.ts";
import { type GraphBuilder, graphBuilder } from "../export/onnx-writer.ts";
import type { Runtime } from "../graph.ts";

/** Copies the first `length` rows of each cache [1, groups, rows, headSize] into tensors of their own, without leaving the device. */
export type CropCaches = (caches: readonly Tensor[], length: number) => Promise<readonly Tensor[]>;

/** A graph of Slice nodes, to be opened on the device so that its outputs stay there. */
export function cropGraph({ layers, groups, headSize, precision }: CacheShape): GraphBuilder {
  const graph = graphBuilder("crop");
  graph.input("end", "int64", [1]);
  graph.integers("start", [0], [1]);
  graph.integers("axis", [2], [1]);
  for (const part of cacheParts(layers)) {
    graph.input(`whole.${part}`, precision, [1, groups, "rows", headSize]);
    graph.output(part, precision, [1, groups, "length", headSize]);
    graph.node("Slice", [`whole.${part}`, "start", "end", "axis"], [part]);
  }
  return graph;
}

/** Crops by that graph. */
export function cropCaches(runtime: Runtime, session: InferenceSession, layers: number): CropCaches {
  const parts = cacheParts(layers);
  return async (caches, length) => {
    const end = new runtime.Tensor("int64", BigInt64Array.of(BigInt(length)), [1]);
    const whole = Object.fromEntries(parts.map((part, i) => [`whole.${part}`, caches[i] as Tensor]));
    const cropped = await session.run({ ...whole, end });
    return parts.map((part) => cropped[part] as Tensor);
  };
}
