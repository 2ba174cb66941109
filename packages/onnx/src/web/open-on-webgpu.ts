import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { cacheParts } from "../cache.ts";
import { cropCaches, openCrop } from "../device/crop-caches.ts";
import type { Opened } from "../open-tapped.ts";
import type { Model } from "../sequence.ts";

/**
 * The same file on WebGPU, by an `open` that takes a session's options. Its caches stay there between runs, unless the graph reads them as they lie
 * in the page's memory (split). Rejects with what ONNX Runtime says.
 */
export async function openOnWebGPU(cpu: Model, open: (options: InferenceSession.SessionOptions) => Promise<Opened>): Promise<Model> {
  const { runtime, layers, hidden } = cpu.graph;
  const split = cpu.graph.family === "split";
  const present = cacheParts(layers).map((part) => `present.${part}`);
  const { session, missing } = await open({
    executionProviders: ["webgpu"],
    ...(split ? {} : { preferredOutputLocation: Object.fromEntries(present.map((name) => [name, "gpu-buffer"])) }),
  });
  const lost = Object.values(hidden).find(({ output }) => !session.outputNames.includes(output));
  if (lost !== undefined) {
    await session.release();
    throw new LenityError("unsupported", `${lost.output} could not be added there: ${missing.join(" ")}`);
  }
  if (split) return { ...cpu, graph: { ...cpu.graph, session } };
  const cropping = await openCrop(runtime, cpu.graph, "webgpu").catch(async (error) => {
    await session.release();
    throw error;
  });
  const release = session.release.bind(session);
  session.release = async () => {
    await cropping.release();
    await release();
  };
  // Exactly the past, whatever the operator, as on servers.
  return { ...cpu, graph: { ...cpu.graph, session, family: "concat", crop: cropCaches(runtime, cropping, layers), newRows: false } };
}
