import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { CacheShape } from "../graph/cache-shape.ts";
import { cacheTensors } from "../graph/cache-tensors.ts";
import type { CropCaches, Runtime } from "../graph/graph.ts";
import { type GraphBuilder, graphBuilder } from "../onnx-file/graph-builder.ts";

/** A graph of Slice nodes. It is opened on the device, so that its outputs stay there. */
export function cropGraph(cache: CacheShape): GraphBuilder {
  const graph = graphBuilder("crop");
  const { names, shape, axis } = cacheTensors(cache);
  const sizes = (length: string) => shape(0).map((size, i) => (i === axis ? length : size));
  graph.input("end", "int64", [1]);
  graph.integers("start", [0], [1]);
  graph.integers("axis", [axis], [1]);
  for (const { past, present } of names) {
    graph.input(past, cache.precision, sizes("rows"));
    graph.output(present, cache.precision, sizes("length"));
    graph.node("Slice", [past, "start", "end", "axis"], [present]);
  }
  return graph;
}

/** Crops caches with that graph. */
export function cropCaches(runtime: Runtime, session: InferenceSession, cache: CacheShape): CropCaches {
  const { names } = cacheTensors(cache);
  return async (caches, length) => {
    const end = new runtime.Tensor("int64", BigInt64Array.of(BigInt(length)), [1]);
    const whole = Object.fromEntries(names.map(({ past }, i) => [past, caches[i] as Tensor]));
    const cropped = await session.run({ ...whole, end });
    return names.map(({ present }) => cropped[present] as Tensor);
  };
}
