/**
 * A decoder that drafts: a Loop whose body is one pass of the model and a draw, so that one call drafts a token for
 * each coin. It takes and returns the cache of the model's own graph.
 */
import { cacheParts } from "../graph/cache-tensors.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { declareNewRows, sliceNewRows } from "./decoder-graph.ts";
import { decoderPass } from "./decoder-pass.ts";
import type { DecoderWeights } from "./decoder-weights.ts";
import { drawToken } from "./draw-nodes.ts";
import { rotaryTables } from "./rotary.ts";

/** Makes the weights for a graph. */
type WeightsIn = (graph: GraphBuilder) => DecoderWeights;

/**
 * Writes the whole drafter.
 *
 * Inputs: input_ids int64 [1, n], the context's tokens that are not in the cache, at least one; attention_mask int64
 * [1, context's length]; past_key_values.N.key|value with room for context and draft; uniform float64 [limit], one coin
 * below 1 per token; noise float64 [limit, vocabulary], to draw by noise (core's `writeNoise`) instead of the coins, or
 * [0, vocabulary]; temperature float64 [], 0 is greedy; mask float32 [vocabulary], added to each row: −∞ for ids that
 * must not be drawn, 0 for others; goes_on bool [vocabulary], false for tokens that end the draft.
 *
 * Outputs: tokens int64 [drafted]; logits float32 [drafted, vocabulary], the rows they were drawn from; hidden_states
 * and last_hidden_state float32 [drafted, width], the states before and after the final norm at the token before each;
 * present_rows, the cache rows of input_ids and of all drafted tokens but the last.
 */
export function drafterGraph(graph: GraphBuilder, config: DecoderConfig, weightsIn: WeightsIn): void {
  const parts = cacheParts(config.layers);
  declareInterface(graph, config, parts);
  rotaryTables(graph, config);
  for (const [name, value] of Object.entries({ minus_two: -2, minus_one: -1, one: 1, end: Number.MAX_SAFE_INTEGER }))
    graph.integers(name, [value], [1]);
  graph.integers("first", [0], []);
  graph.integers("before_copy", [-2], []);
  graph.integers("logits_shape", [-1, config.vocabulary], [2]);
  graph.integers("states_shape", [-1, config.width], [2]);

  graph.node("Shape", ["attention_mask"], ["context_length"], { start: 1, end: 2 });
  graph.node("Cast", ["context_length"], ["last_index_0"], { to: 6 });
  graph.node("Add", ["context_length", "one"], ["total_length_64"]);
  graph.node("Cast", ["total_length_64"], ["total_length_1d"], { to: 6 });
  graph.node("Squeeze", ["total_length_1d"], ["total_length_0"]);
  graph.node("Slice", ["input_ids", "minus_one", "end", "one"], ["last_id"]);
  graph.node("Concat", ["input_ids", "last_id"], ["block_0"], { axis: 1 });
  graph.node("Cast", ["temperature"], ["sampled"], { to: 9 });
  graph.node("Size", ["uniform"], ["limit"]);
  graph.node("Size", ["noise"], ["noise_size"]);
  graph.node("Cast", ["noise_size"], ["raced"], { to: 9 });

  graph.node(
    "Loop",
    ["limit", "", "block_0", ...parts.map((part) => `past_key_values.${part}`)],
    ["last_block", ...parts.map((part) => `final.${part}`), "tokens", "rows", "all_states", "all_normed"],
    { body: { graph: draftStep(graph, config, weightsIn, parts) } },
  );

  graph.node("Reshape", ["rows", "logits_shape"], ["logits"]);
  graph.node("Reshape", ["all_states", "states_shape"], ["hidden_states"]);
  graph.node("Reshape", ["all_normed", "states_shape"], ["last_hidden_state"]);
  graph.node("Shape", ["input_ids"], ["length"], { start: 1, end: 2 });
  graph.node("Sub", ["context_length", "length"], ["begin"]);
  graph.node("Shape", ["tokens"], ["drafted"]);
  graph.node("Add", ["context_length", "drafted"], ["drafted_end"]);
  graph.node("Sub", ["drafted_end", "one"], ["held_end"]);
  declareNewRows(graph, config, "rows");
  sliceNewRows(graph, config, "final", "begin", "held_end");
}

function declareInterface(
  graph: GraphBuilder,
  { width, groups, headSize, vocabulary }: DecoderConfig,
  parts: readonly string[],
): void {
  graph.input("input_ids", "int64", [1, "length"]);
  graph.input("attention_mask", "int64", [1, "context"]);
  for (const part of parts) graph.input(`past_key_values.${part}`, "float32", [1, groups, "room", headSize]);
  graph.input("uniform", "float64", ["limit"]);
  graph.input("noise", "float64", ["draws", vocabulary]);
  graph.input("temperature", "float64", []);
  graph.input("mask", "float32", [vocabulary]);
  graph.input("goes_on", "bool", [vocabulary]);
  graph.output("tokens", "int64", ["drafted"]);
  graph.output("logits", "float32", ["drafted", vocabulary]);
  graph.output("hidden_states", "float32", ["drafted", width]);
  graph.output("last_hidden_state", "float32", ["drafted", width]);
}

/**
 * One pass over a block and the draw of the token after it. Each block ends with a copy of its last token: the logits
 * of a one-row block would differ in the last bits from those of the model's own graph, which never runs a single row
 * either. The next pass overwrites the copy's cache row.
 */
function draftStep(
  graph: GraphBuilder,
  config: DecoderConfig,
  weightsIn: WeightsIn,
  parts: readonly string[],
): GraphBuilder {
  const { width, groups, headSize, vocabulary } = config;
  const body = graph.inner("step");
  body.input("step", "int64", []);
  body.input("continued", "bool", []);
  body.input("block", "int64", [1, "rows"]);
  for (const part of parts) body.input(`past.${part}`, "float32", [1, groups, "room", headSize]);

  body.node("Cast", ["step"], ["step_32"], { to: 6 });
  body.node("Add", ["last_index_0", "step_32"], ["last_index"]);
  body.node("Add", ["total_length_0", "step_32"], ["total_length"]);
  const weights = weightsIn(body);
  decoderPass(body, weights, config, {
    prefix: "",
    ids: "block",
    lastIndex: "last_index",
    totalLength: "total_length",
    past: "past",
    present: "present",
    states: "states",
    normed: "normed",
    packed: true,
  });
  body.node("Slice", ["normed", "minus_two", "end", "one"], ["last_normed"]);
  weights.score("last_normed", "last_logits");
  body.node("Gather", ["last_logits", "first"], ["whole_row"], { axis: 1 });
  body.node("Gather", ["normed", "before_copy"], ["normed_row"], { axis: 1 });
  body.node("Gather", ["states", "before_copy"], ["state_row"], { axis: 1 });
  body.node("Add", ["whole_row", "mask"], ["row"]);
  const how = {
    temperature: "temperature",
    sampled: "sampled",
    coins: "uniform",
    raced: "raced",
    noise: "noise",
    at: "step",
  };
  drawToken(body, { row: "row", ...how }, "token");
  body.node("Concat", ["token", "token"], ["next_block"], { axis: 1 });
  body.node("Squeeze", ["token"], ["token_scalar"]);
  body.node("Gather", ["goes_on", "token_scalar"], ["continues"], { axis: 0 });

  body.output("continues", "bool", []);
  body.output("next_block", "int64", [1, 2]);
  for (const part of parts) body.output(`present.${part}`, "float32", [1, groups, "present_room", headSize]);
  body.output("token_scalar", "int64", []);
  body.output("row", "float32", [1, vocabulary]);
  body.output("state_row", "float32", [1, width]);
  body.output("normed_row", "float32", [1, width]);
  return body;
}
