import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { DecoderConfig } from "./decoder-config.ts";

/** One pass of a block through all layers: the names of its values in the graph. A graph may contain several passes. */
export interface Pass {
  /** Prefix of the names of the pass's values; empty in a graph with one pass. */
  readonly prefix: string;
  /** int64 [1, length] */
  readonly ids: string;
  /** int32 []: the index of the block's last token in the sequence, and one more than that. */
  readonly lastIndex: string;
  readonly totalLength: string;
  /** The caches before and after, in the attention's format: the names without `.N.key` and `.N.value`. */
  readonly past: string;
  readonly present: string;
  /** Names for the input of the final norm and for its output, [1, length, width] both. */
  readonly states: string;
  readonly normed: string;
  /**
   * Whether one product makes the queries, keys and values of a layer, and attention takes them side by side. Those
   * with biases or norms of their own are never packed. Default: false.
   */
  readonly packed?: boolean | undefined;
}

/** One layer of a pass between its projections: the names of the values that attention reads and writes. */
export interface AttentionLayer {
  readonly index: number;
  /** [1, length, heads · head size], not rotated; if the pass is packed, followed by the keys and values of each row. */
  readonly queries: string;
  /** [1, length, groups · head size] both, not rotated; empty names if they are packed. */
  readonly keys: string;
  readonly values: string;
  /** [1, length, heads · head size]; also the prefix for intermediate values. */
  readonly attended: string;
}

/**
 * Writes the attention of one layer, and the caches `${pass.present}.N.key|value`. Expects the rotary tables `cos` and
 * `sin`.
 */
export type Attention = (graph: GraphBuilder, config: DecoderConfig, pass: Pass, layer: AttentionLayer) => void;
