import { createRequire } from "node:module";
import { dirname } from "node:path";
import { toleranceOf } from "../checks/compare-devices.ts";
import { type NodeRuntime, openGraph } from "../open/open-graph.ts";
import type { LoadRequest } from "../protocol/protocol.ts";
import type { OpenGraph } from "../run/request-handler.ts";
import { placeModel } from "./device-for-node.ts";
import { drafterAside } from "./drafter-aside.ts";

/** Opens the file on the CPU, tries it there, and puts it where the request wants it. Throws as `openGraph` and `placeModel` do. */
export async function openPlaced(runtime: NodeRuntime, request: LoadRequest): Promise<OpenGraph> {
  const { graph, facts } = await openGraph(runtime, request);
  const { name, width, vocabulary, unused, contextLength } = request;
  const backends = facts.providers.map(({ name }) => name);
  const platform = { os: process.platform, arch: process.arch, backends, folder: runtimeFolder() };
  const cpu = { graph, name, width, vocabulary, unused, contextLength };
  const { model, device } = await placeModel(cpu, request, toleranceOf(graph, facts.weights), platform);
  const aside = drafterAside(request, device.name);
  return {
    graph: model.graph,
    facts: { ...facts, missing: [...facts.missing, ...aside] },
    device: { ...device, why: [device.why, ...aside].join(" ") },
  };
}

/** Where onnxruntime-node lies, by the links of package managers that keep each package's dependencies apart; undefined where that may not be read. */
function runtimeFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  } catch {
    return undefined;
  }
}
