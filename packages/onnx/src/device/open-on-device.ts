import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { cacheParts } from "../cache.ts";
import type { Graph } from "../graph.ts";
import { scanOnnx } from "../onnx-file/scan-file.ts";
import { openFile } from "../open-file.ts";
import { sessionOptions } from "../open-graph.ts";
import type { LoadRequest } from "../protocol.ts";
import type { Model } from "../sequence.ts";
import { cropCaches, openCrop } from "./crop-caches.ts";
import type { Device } from "./devices.ts";
import { steadySession } from "./steady-session.ts";

/**
 * The same file on another device. WebGPU keeps the caches there; with the others, and where the graph reads caches as they lie in this program's
 * memory (split), they cross the bus at each run, since onnxruntime-node has no way to leave them. Rejects with what ONNX Runtime says.
 */
export async function openOnDevice(cpu: Model, request: LoadRequest, device: Device): Promise<Model> {
  const { runtime, layers, hidden } = cpu.graph;
  const split = cpu.graph.family === "split";
  const keeps = device === "webgpu" && !split;
  const options: InferenceSession.SessionOptions = {
    ...sessionOptions(request),
    executionProviders: [device],
    ...(keeps ? { preferredOutputLocation: Object.fromEntries(cacheParts(layers).map((part) => [`present.${part}`, "gpu-buffer"])) } : {}),
    // DirectML wants it so.
    ...(device === "dml" ? { enableMemPattern: false } : {}),
  };
  const { session, missing } = await openFile(runtime, scanOnnx(request.file), options);
  const lost = Object.values(hidden).find(({ output }) => !session.outputNames.includes(output));
  if (lost !== undefined) {
    await session.release();
    throw new LenityError("unsupported", `${lost.output} could not be added there: ${missing.join(" ")}`);
  }
  // Exactly the past, whatever the operator: what it does with room to spare differs from device to device.
  const graph: Graph = { ...cpu.graph, session, family: split ? "split" : "concat" };
  if (!keeps) return { ...cpu, graph };
  const cropping = await openCrop(runtime, cpu.graph, device).catch(async (error) => {
    await session.release();
    throw error;
  });
  const crop = cropCaches(runtime, cropping, layers);
  return { ...cpu, graph: { ...graph, session: steadySession(session, cropping), crop, newRows: false } };
}
