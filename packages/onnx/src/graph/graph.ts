import type { HiddenKind } from "@lenity/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { CacheFamily, CacheShape } from "../cache/cache.ts";
import type { CropCaches } from "../device/crop-caches.ts";
import type { FetchRows } from "../device/fetch-rows.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Port } from "../protocol/protocol.ts";
import type { GraphPorts } from "./ports.ts";

/** What the modules of ONNX Runtime for Node and for browsers have in common. */
export type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;

/** An opened file that was not run yet. */
export interface UntriedGraph extends CacheShape, Pick<GraphPorts, "split" | "newRows"> {
  readonly runtime: Runtime;
  readonly session: InferenceSession;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** An opened file whose cache can be run. */
export interface CachedGraph extends UntriedGraph {
  readonly family: CacheFamily;
  /** Drops rows of caches that the graph leaves on its device; undefined where they are in this program's memory. */
  readonly crop?: CropCaches | undefined;
}

/** An opened file: one pass of it scores a block. */
export interface Graph extends CachedGraph {
  /** Whether it scores only the last position of a block. */
  readonly lastOnly: boolean;
  /** The most tokens of one run, where the device is right in small blocks alone. Default: `chunk` of sequence.ts. */
  readonly chunk?: number | undefined;
  /** The output that gives each kind of hidden state, and its width. */
  readonly hidden: Readonly<Partial<Record<HiddenKind, { readonly output: string; readonly width: number }>>>;
  /** Reads rows that the graph leaves on its device; undefined where they are in this program's memory. */
  readonly fetch?: FetchRows | undefined;
  /** Opens a small graph where this one runs. */
  beside(graph: GraphBuilder): Promise<InferenceSession>;
}

/** An opened drafter file: several tokens are drawn in one call, with the cache of the model's own graph. */
export interface DrafterGraph {
  readonly session: InferenceSession;
  /** bool [width of the rows]: false for the tokens that end a draft. */
  readonly goesOn: Tensor;
  /** float32 [vocabulary]: −∞ for tokens that are never said, 0 for others. */
  readonly mask: Tensor;
}
