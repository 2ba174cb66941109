/**
 * A decoder as an ONNX graph, in onnxruntime-genai's common form: an attention_mask whose length gives the block's
 * position, past_key_values.N.key|value in, present.N.key|value out, attention by com.microsoft.GroupQueryAttention.
 * For long contexts, it can use the caches of attention-split.ts or attention-int8.ts instead.
 */

import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Attention } from "./attention.ts";
import { int8Attention, int8Caches, int8Setup } from "./attention-int8.ts";
import { splitAttention, splitCaches, splitNewRows, splitSetup } from "./attention-split.ts";
import type { CacheScales } from "./cache-scales.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { decoderPass } from "./decoder-pass.ts";
import type { DecoderWeights } from "./decoder-weights.ts";
import { rotaryTables } from "./rotary.ts";

/** How a graph can attend to its past. */
export const attentionForms = ["gqa", "split"] as const;

/** How a graph attends to its past. */
export type AttentionForm = (typeof attentionForms)[number];

/** How a graph is written. */
export interface GraphForm {
  /**
   * gqa (the default): one node that other programs support; split: plain nodes that do not copy caches, for programs
   * that manage the caches themselves.
   */
  readonly attention?: AttentionForm | undefined;
  /** The scales of each layer's cache: split attention then stores its caches as int8. */
  readonly scalesOf?: ((layer: number) => CacheScales) | undefined;
  /**
   * Adds the output present_rows, with only the block's own cache rows, so that whole caches need not be copied out of
   * a run. split always has it.
   */
  readonly newRows: boolean;
}

/** Writes the whole decoder. */
export function decoderGraph(
  graph: GraphBuilder,
  config: DecoderConfig,
  weights: DecoderWeights,
  { newRows, attention = "gqa", scalesOf }: GraphForm,
): void {
  const split = attention === "gqa" ? undefined : splitForm(scalesOf);
  declareInterface(graph, config, split?.caches ?? growingCaches);
  positions(graph);
  // The rows of an int8 cache are padded beyond the last token of a context.
  rotaryTables(graph, { ...config, context: config.context + (scalesOf === undefined ? 0 : 1) });
  split?.setup(graph, config);
  const pass = {
    prefix: "",
    ids: "input_ids",
    lastIndex: "last_index",
    totalLength: "total_length",
    past: "past_key_values",
    present: "present",
    states: "hidden_states",
    normed: "last_hidden_state",
  };
  decoderPass(graph, weights, config, pass, split?.attend);
  if (split !== undefined) splitNewRows(graph, config, split.cacheType);
  else if (newRows) {
    declareNewRows(graph, config, "length");
    graph.node("Shape", ["input_ids"], ["length_64"], { start: 1, end: 2 });
    graph.node("Sub", ["total_length_64", "length_64"], ["block_begin"]);
    sliceNewRows(graph, config, "present", "block_begin", "total_length_64");
  }
  keepRows(graph);
  weights.score("kept_states", "logits");
}

/** Split attention, with the type of its caches. */
function splitForm(scalesOf: GraphForm["scalesOf"]): SplitForm {
  return scalesOf === undefined
    ? { cacheType: "float32", caches: splitCaches, setup: splitSetup, attend: splitAttention }
    : { cacheType: "int8", caches: int8Caches, setup: int8Setup, attend: int8Attention(scalesOf) };
}

interface SplitForm {
  readonly cacheType: "float32" | "int8";
  readonly caches: WriteShared;
  readonly setup: WriteShared;
  readonly attend: Attention;
}

/** Writes what all layers share. */
type WriteShared = (graph: GraphBuilder, config: DecoderConfig) => void;

function declareInterface(graph: GraphBuilder, config: DecoderConfig, caches: WriteShared): void {
  const { width, vocabulary } = config;
  graph.input("input_ids", "int64", [1, "length"]);
  graph.input("attention_mask", "int64", [1, "total"]);
  graph.input("num_logits_to_keep", "int64", []);
  graph.output("logits", "float32", [1, "kept", vocabulary]);
  caches(graph, config);
  graph.output("hidden_states", "float32", [1, "length", width]);
  graph.output("last_hidden_state", "float32", [1, "length", width]);
}

/** The caches of GroupQueryAttention. */
function growingCaches(graph: GraphBuilder, { layers, groups, headSize }: DecoderConfig): void {
  for (let n = 0; n < layers; n++) {
    for (const part of ["key", "value"]) {
      graph.input(`past_key_values.${n}.${part}`, "float32", [1, groups, "past_length", headSize]);
      graph.output(`present.${n}.${part}`, "float32", [1, groups, "present_length", headSize]);
    }
  }
}

/** The block's position, from the mask's length: what `decoderPass` expects besides caches and rotary tables. */
export function positions(graph: GraphBuilder): void {
  graph.integers("one", [1], [1]);
  graph.node("ReduceSum", ["attention_mask", "one"], ["mask_sum"], { keepdims: 0 });
  graph.node("Sub", ["mask_sum", "one"], ["last_index_64"]);
  graph.node("Cast", ["last_index_64"], ["last_index"], { to: 6 });
  graph.node("Shape", ["attention_mask"], ["total_length_64"], { start: 1, end: 2 });
  graph.node("Cast", ["total_length_64"], ["total_length_1d"], { to: 6 });
  graph.node("Squeeze", ["total_length_1d"], ["total_length"]);
}

/**
 * The output present_rows [2·layers, groups, rows, head size]: key 0, value 0, key 1, … of some positions. `rows` names
 * their number.
 */
export function declareNewRows(graph: GraphBuilder, { layers, groups, headSize }: DecoderConfig, rows: string): void {
  graph.output("present_rows", "float32", [2 * layers, groups, rows, headSize]);
  graph.integers("two", [2], [1]);
}

/** Fills present_rows with the positions from `begin` to before `end` (int64 [1]). */
export function sliceNewRows(
  graph: GraphBuilder,
  { layers }: DecoderConfig,
  present: string,
  begin: string,
  end: string,
): void {
  const slices: string[] = [];
  for (let n = 0; n < layers; n++) {
    for (const part of [`${n}.key`, `${n}.value`]) {
      graph.node("Slice", [`${present}.${part}`, begin, end, "two"], [`new.${part}`]);
      slices.push(`new.${part}`);
    }
  }
  graph.node("Concat", slices, ["present_rows"], { axis: 0 });
}

/** The states of the last `num_logits_to_keep` rows (0: all), as defined by transformers. */
function keepRows(graph: GraphBuilder): void {
  graph.integers("end", [Number.MAX_SAFE_INTEGER], [1]);
  graph.node("Neg", ["num_logits_to_keep"], ["minus_kept"]);
  graph.node("Reshape", ["minus_kept", "one"], ["begin"]);
  graph.node("Slice", ["last_hidden_state", "begin", "end", "one"], ["kept_states"]);
}
