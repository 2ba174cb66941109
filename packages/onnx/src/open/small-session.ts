import type { InferenceSession } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";

/** A graph built by this package, as a file in memory. */
export function fileOf(graph: GraphBuilder): Blob {
  return new Blob([...graph.finish()] as Uint8Array<ArrayBuffer>[]);
}

/** Opens a graph built by this package. */
export async function smallSession(
  runtime: Runtime,
  graph: GraphBuilder,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return runtime.InferenceSession.create(new Uint8Array(await fileOf(graph).arrayBuffer()), options);
}
