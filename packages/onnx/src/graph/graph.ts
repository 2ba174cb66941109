import type { HiddenKind } from "@lenity/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { CacheFamily, CacheShape } from "./cache-shape.ts";
import type { Port } from "./port.ts";

/** What the modules of ONNX Runtime for Node and for browsers have in common. */
export type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;

/** An opened file that was not run yet. */
export interface UntriedGraph extends CacheShape {
  /** Whether it takes the later values of its caches apart from the others (tail_values.N). */
  readonly split: boolean;
  /** Whether it offers the cache rows of the block alone (present_rows). */
  readonly newRows: boolean;
  readonly runtime: Runtime;
  readonly session: InferenceSession;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Copies the first `length` rows of each run of a cache into tensors of their own, without leaving the device. */
export type CropCaches = (caches: readonly Tensor[], length: number) => Promise<readonly Tensor[]>;

/** An opened file whose cache can be run. */
export interface CachedGraph extends UntriedGraph {
  readonly family: CacheFamily;
  /** Drops rows of caches that the graph leaves on its device; undefined where they are in this program's memory. */
  readonly crop?: CropCaches | undefined;
}

/** Copies rows `first` to before `end` of a tensor [1, rows, width] on a device into this program's memory. */
export type FetchRows = (values: Tensor, first: number, end: number) => Promise<Tensor>;

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
  openBeside(graph: GraphBuilder): Promise<InferenceSession>;
}

/** An opened drafter file: several tokens are drawn in one call, with the cache of the model's own graph. */
export interface DrafterGraph {
  readonly session: InferenceSession;
  /** bool [width of the rows]: false for the tokens that end a draft. */
  readonly goesOn: Tensor;
  /** float32 [vocabulary]: −∞ for ids that must not be drawn, 0 for others. */
  readonly mask: Tensor;
}
