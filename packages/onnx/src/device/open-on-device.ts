import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { cacheTensors } from "../graph/cache-tensors.ts";
import type { Graph } from "../graph/graph.ts";
import { slidingRemedy } from "../graph/sliding-window.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Opened } from "../open/open-extended.ts";
import { smallSession } from "../open/small-session.ts";
import type { Device } from "../protocol/devices.ts";
import type { Model } from "../run/sequence.ts";
import { cropCaches, cropGraph } from "./crop-caches.ts";
import { fetchRows } from "./fetch-rows.ts";
import { steadySession } from "./steady-session.ts";

/**
 * The same file on another device, by an `open` that takes a session's options. WebGPU keeps all outputs there, and
 * what is read of them is fetched; with the others, and where the graph reads caches as they lie in this program's
 * memory (split), they cross the bus at each run, since onnxruntime-node has no way to leave them. Rejects with what
 * ONNX Runtime says.
 */
export async function openOnDevice(
  cpu: Model,
  device: Device,
  openFile: (options: InferenceSession.SessionOptions) => Promise<Opened>,
): Promise<Model> {
  const { runtime, hidden } = cpu.graph;
  const split = cpu.graph.family === "split";
  if (cpu.graph.leastRows !== undefined) {
    throw new LenityError(
      "unsupported",
      `its caches slide (sliding_window_cache), which only the CPU runs. ${slidingRemedy}`,
    );
  }
  const keeps = device === "webgpu" && !split;
  const states = Object.values(hidden).map(({ output }) => output);
  const kept = ["logits", ...states, ...cacheTensors(cpu.graph).names.map(({ present }) => present)];
  const { session, missing } = await openFile({
    executionProviders: [device],
    ...(keeps ? { preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer"])) } : {}),
    // DirectML requires this.
    ...(device === "dml" ? { enableMemPattern: false } : {}),
  });
  const lost = states.find((output) => !session.outputNames.includes(output));
  if (lost !== undefined) {
    await session.release();
    throw new LenityError("unsupported", `${lost} could not be added there: ${missing.join(" ")}`);
  }
  const helpers: InferenceSession[] = [];
  const open = async (graph: GraphBuilder, more: InferenceSession.SessionOptions = {}) => {
    const helper = await smallSession(runtime, graph, { executionProviders: [device], ...more });
    helpers.push(helper);
    return helper;
  };
  const openBeside = (graph: GraphBuilder) => open(graph);
  // Exactly the past, whatever the operator: what it does with room to spare differs from device to device.
  const graph: Graph = {
    ...cpu.graph,
    session: steadySession(session, keeps ? kept : [], helpers),
    family: split ? "split" : "concat",
    openBeside,
  };
  if (!keeps) return { ...cpu, graph };
  const cropping = await open(cropGraph(cpu.graph), { preferredOutputLocation: "gpu-buffer" }).catch(async (error) => {
    await session.release();
    throw error;
  });
  const crop = cropCaches(runtime, cropping, cpu.graph);
  return { ...cpu, graph: { ...graph, crop, fetch: fetchRows(runtime, openBeside), newRows: false } };
}
