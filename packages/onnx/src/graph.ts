import type { InferenceSession } from "onnxruntime-node";
import type { CacheFamily } from "./cache.ts";
import type { GraphPorts } from "./ports.ts";
import type { Port } from "./protocol.ts";

/** ONNX Runtime's module. */
export type Runtime = typeof import("onnxruntime-node");

/** An opened file: one pass of it scores a block. */
export interface Graph extends GraphPorts {
  readonly runtime: Runtime;
  readonly session: InferenceSession;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly family: CacheFamily;
}
