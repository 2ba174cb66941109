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
 * Opens the same file on another device, with an `open` that takes session options. On WebGPU all outputs stay on the
 * device, and only the rows that are needed are fetched. On the other devices, and for graphs that read caches in this
 * program's memory (split), outputs cross the bus at every run, since onnxruntime-node cannot leave them there. Rejects
 * with ONNX Runtime's error.
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
      `it has sliding caches (sliding_window_cache), which only the CPU supports. ${slidingRemedy}`,
    );
  }
  const keeps = device === "webgpu" && !split;
  const states = [...new Set(Object.values(hidden).map(({ output }) => output))];
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
  // Pass exactly the past, whatever the operator: devices differ in how they treat spare room.
  const graph: Graph = {
    ...cpu.graph,
    session: steadySession(session, keeps ? kept : [], helpers),
    family: split ? "split" : "concat",
    chunk: undefined,
    inPairs: undefined,
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
