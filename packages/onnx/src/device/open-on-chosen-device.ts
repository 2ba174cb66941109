import { createRequire } from "node:module";
import { dirname } from "node:path";
import { toleranceOf } from "../checks/compare-devices.ts";
import type { OpenGraph } from "../open/backend.ts";
import { type NodeRuntime, openGraph } from "../open/open-graph.ts";
import type { LoadRequest } from "../protocol/protocol.ts";
import { chooseDeviceForNode } from "./device-for-node.ts";

/**
 * Opens the file on the CPU, checks it there, and moves it to the requested device. Rejects as `openGraph` and
 * `chooseDeviceForNode` do.
 */
export async function openOnChosenDevice(runtime: NodeRuntime, request: LoadRequest): Promise<OpenGraph> {
  const { graph, facts } = await openGraph(runtime, request);
  const { name, width, vocabulary, unused, contextLength } = request;
  const backends = facts.providers.map(({ name }) => name);
  const platform = { os: process.platform, arch: process.arch, backends, folder: runtimeFolder() };
  const cpu = { graph, name, width, vocabulary, unused, contextLength };
  const { model, device } = await chooseDeviceForNode(cpu, request, toleranceOf(graph, facts.weights), platform);
  return { graph: model.graph, facts, device };
}

/**
 * The folder of onnxruntime-node, resolved from this module, since some package managers keep each package's
 * dependencies apart. Undefined when it cannot be read.
 */
function runtimeFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  } catch {
    return undefined;
  }
}
