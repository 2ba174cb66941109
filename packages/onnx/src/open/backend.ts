import type { InferenceSession } from "onnxruntime-node";
import type { Graph } from "../graph/graph.ts";
import type { DeviceReport } from "../protocol/devices.ts";
import type { FileFacts, LoadRequest } from "../protocol/protocol.ts";

/** A model file that has been opened and checked. */
export interface OpenGraph {
  readonly graph: Graph;
  readonly facts: FileFacts;
  readonly device: DeviceReport;
}

/** Opens the files of a load request. */
export interface Backend {
  openGraph(request: LoadRequest): Promise<OpenGraph>;
  /**
   * Opens the drafter file. Undefined when it does not exist after all; a sentence with the reason when it cannot run.
   */
  openDrafter(drafter: string, request: LoadRequest): Promise<InferenceSession | string | undefined>;
}
