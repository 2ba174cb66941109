import type { InferenceSession } from "onnxruntime-node";
import type { GraphBuilder } from "../export/onnx-writer.ts";
import type { Runtime } from "../graph.ts";

/** Opens a graph of our own making. */
export async function smallSession(
  runtime: Runtime,
  graph: GraphBuilder,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const file = new Blob([...graph.finish()] as Uint8Array<ArrayBuffer>[]);
  return runtime.InferenceSession.create(new Uint8Array(await file.arrayBuffer()), options);
}
