import { createRequire } from "node:module";
import { dirname } from "node:path";
import { toleranceOf } from "../checks/compare-devices.ts";
import type { OpenGraph } from "../open/backend.ts";
import { type NodeRuntime, openGraph } from "../open/open-graph.ts";
import type { LoadRequest } from "../protocol/protocol.ts";
import { chooseDeviceForNode } from "./device-for-node.ts";

/**
 * Opens the file on the CPU, tries it there, and moves it to the device of the request. Rejects as `openGraph` and
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
 * Where onnxruntime-node lies, by the links of package managers that keep each package's dependencies apart; undefined
 * where that may not be read.
 */
function runtimeFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  } catch {
    return undefined;
  }
}
