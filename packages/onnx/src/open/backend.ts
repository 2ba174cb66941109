import type { InferenceSession } from "onnxruntime-node";
import type { Graph } from "../graph/graph.ts";
import type { DeviceReport } from "../protocol/devices.ts";
import type { FileFacts, LoadRequest } from "../protocol/protocol.ts";

/** A model file that was opened and tried. */
export interface OpenGraph {
  readonly graph: Graph;
  readonly facts: FileFacts;
  readonly device: DeviceReport;
}

/** Opens what a request for loading names. */
export interface Backend {
  openGraph(request: LoadRequest): Promise<OpenGraph>;
  /**
   * Opens the drafter file; undefined when there is none after all, and a sentence that says why it is not used where
   * it cannot run.
   */
  openDrafter(drafter: string, request: LoadRequest): Promise<InferenceSession | string | undefined>;
}
