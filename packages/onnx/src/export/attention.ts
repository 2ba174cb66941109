import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import type { Pass } from "./decoder-pass.ts";

/** One layer of a pass between its projections: the names of what attention reads and of what it writes. */
export interface AttentionLayer {
  readonly index: number;
  /** [1, length, heads · head size], not rotated. */
  readonly queries: string;
  /** [1, length, groups · head size] both, not rotated. */
  readonly keys: string;
  readonly values: string;
  /** [1, length, heads · head size]; names of what is needed in between begin with it. */
  readonly attended: string;
}

/** Writes the attention of one layer, and the caches `${pass.present}.N.key|value` that it leaves. Expects the rotary tables `cos` and `sin`. */
export type Attention = (graph: GraphBuilder, config: DecoderConfig, pass: Pass, layer: AttentionLayer) => void;
