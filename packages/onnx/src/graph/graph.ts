import type { ByHiddenKind } from "@lenity/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { CacheFamily, CacheShape } from "./cache-shape.ts";
import type { Port } from "./port.ts";

/** The parts that the ONNX Runtime modules for Node and for browsers share. */
export type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;

/** An opened file that has not been run yet. */
export interface UntriedGraph extends CacheShape {
  /** Whether it takes the later values of its caches as separate inputs (tail_values.N). */
  readonly split: boolean;
  /** Whether it can return only the block's own cache rows (present_rows). */
  readonly newRows: boolean;
  readonly runtime: Runtime;
  readonly session: InferenceSession;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Copies the first `length` rows of each group of a cache to new tensors, on the device. */
export type CropCaches = (caches: readonly Tensor[], length: number) => Promise<readonly Tensor[]>;

/** An opened file whose kind of cache is known. */
export interface CachedGraph extends UntriedGraph {
  readonly family: CacheFamily;
  /** Drops rows of caches that stay on the device; undefined when caches are in this program's memory. */
  readonly crop?: CropCaches | undefined;
}

/** Copies rows `first` to before `end` of a tensor [1, rows, width] on a device into this program's memory. */
export type FetchRows = (values: Tensor, first: number, end: number) => Promise<Tensor>;

/** An opened file that is ready to run: one pass scores a block. */
export interface Graph extends CachedGraph {
  /** Whether it scores only the last position of a block. */
  readonly lastOnly: boolean;
  /** The maximum tokens per run. Devices may be correct only in small blocks. Default: `chunk` in chunk.ts. */
  readonly chunk?: number | undefined;
  /** Whether it has matrices that are multiplied two rows at a time (see row-tiles.ts). */
  readonly inPairs?: boolean | undefined;
  /** The output for each kind of hidden state, and its width. */
  readonly hidden: ByHiddenKind<{ readonly output: string; readonly width: number }>;
  /** Reads rows that stay on the device; undefined when rows are in this program's memory. */
  readonly fetch?: FetchRows | undefined;
  /** Opens a small graph on the same device. */
  openBeside(graph: GraphBuilder): Promise<InferenceSession>;
  /** The same graph for several sequences at once; undefined if there is no such form of it. */
  readonly batched?: BatchedForm | undefined;
}

/** A graph that can be opened for several sequences. */
export interface BatchedForm {
  /** The most sequences of a run. */
  readonly slots: number;
  /** The outputs that it has besides present_rows. */
  readonly outputs: readonly string[];
  /** Opens it, which takes memory for all weights once more. */
  open(): Promise<InferenceSession>;
}

/** An opened drafter file: it draws several tokens per call, using the cache of the model's own graph. */
export interface DrafterGraph {
  readonly session: InferenceSession;
  /** bool [width of the rows]: false for the tokens that end a draft. */
  readonly goesOn: Tensor;
  /** The output for each kind of hidden state: rows [drafted, width], at the token that each was drawn after. */
  readonly hidden: ByHiddenKind<string>;
  /** Whether it can draw by noise. Files of earlier exports draw only by coins. */
  readonly takesNoise: boolean;
  /** float32 [vocabulary]: −∞ for ids that must not be drawn, 0 for others. */
  readonly mask: Tensor;
}
