/**
 * Attention from plain nodes that reads the past in place. No cache is copied, so a step costs only as much as reading
 * the past.
 *
 * Caches are [rows, groups, head size], one token after another, so the rows of the first tokens are the beginning of a
 * longer buffer. Row 0 does not belong to a token, is zero, and is not attended to. Without it the past would start
 * empty, and ONNX Runtime 1.30 divides by its length.
 *
 * A sum depends in its last bits on how its terms are grouped, and a token must get the same bits in every block.
 * Scores are sums within one row of the past. The mean of the values is a sum over rows, in two parts: the frozen
 * values, and the tail with the block's own. The caller chooses the border between the two, which must therefore depend
 * only on the position. Within a part the runtime groups rows by the width of a matrix, and splits wide matrices among
 * its threads when there are many queries. So values are mixed in columns of 16, which it never splits.
 */
import { LenityError } from "@lenity/core";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Attention } from "./attention.ts";
import type { DecoderConfig } from "./decoder-config.ts";

/** Every head size is a multiple of this. */
const columns = 16;

/**
 * Whether the head size lets a token get the same bits in every block. Scores of larger heads are summed in pieces,
 * too.
 */
export function canSplit({ headSize }: DecoderConfig): boolean {
  return headSize <= 128;
}

/** Declares the caches: all keys, the frozen values, and the values after those. */
export function splitCaches(graph: GraphBuilder, config: DecoderConfig): void {
  const { layers, groups, headSize } = config;
  if (!canSplit(config)) {
    throw new LenityError(
      "unsupported",
      `Split attention needs heads of at most 128; these have ${headSize}. Export with attention: "gqa".`,
    );
  }
  for (let n = 0; n < layers; n++) {
    graph.input(`past_key_values.${n}.key`, "float32", ["past_rows", groups, headSize]);
    graph.input(`past_key_values.${n}.value`, "float32", ["frozen_rows", groups, headSize]);
    graph.input(`tail_values.${n}`, "float32", ["tail_rows", groups, headSize]);
  }
}

/** Writes the values that all layers share: sizes, and masks for the scores. Expects `total_length_64`. */
export function splitSetup(graph: GraphBuilder, { heads, groups, headSize }: DecoderConfig): void {
  graph.node("Shape", ["input_ids"], ["length_64"], { start: 1, end: 2 });
  graph.node("Sub", ["total_length_64", "length_64"], ["block_begin"]);
  graph.node("Shape", ["past_key_values.0.key"], ["past_rows"], { start: 0, end: 1 });
  graph.node("Shape", ["past_key_values.0.value"], ["frozen_rows"], { start: 0, end: 1 });
  graph.node("Add", ["past_rows", "length_64"], ["all_rows"]);
  graph.node("Sub", ["all_rows", "frozen_rows"], ["later_rows"]);
  graph.node("Concat", ["frozen_rows", "later_rows"], ["frozen_and_later"], { axis: 0 });

  // Added to the scores of the past, [past rows]: closes row 0.
  graph.weights("closed", Float32Array.of(-3.4e38), [1], "float32");
  graph.node("Sub", ["past_rows", "one"], ["open_rows"]);
  graph.node("ConstantOfShape", ["open_rows"], ["open"]);
  graph.node("Concat", ["closed", "open"], ["past_bias"], { axis: 0 });
  // Added to the scores of the block's own rows, [heads / groups · length, length]: closes later tokens.
  graph.integers("next", [1], []);
  graph.integers("repeats", [heads / groups, 1], [2]);
  graph.node("Concat", ["length_64", "length_64"], ["square"], { axis: 0 });
  graph.node("Expand", ["closed", "square"], ["all_closed"]);
  graph.node("Trilu", ["all_closed", "next"], ["causal"], { upper: 1 });
  graph.node("Tile", ["causal", "repeats"], ["block_bias"]);

  graph.integers("head_shape", [-1, heads, headSize], [3]);
  graph.integers("query_shape", [groups, 1, -1, headSize], [4]);
  graph.integers("key_shape", [-1, groups, 1, headSize], [4]);
  graph.integers("row_shape", [-1, groups, headSize], [3]);
  graph.integers("value_shape", [-1, groups, headSize / columns, columns], [4]);
  graph.integers("mixed_shape", [groups, headSize / columns, heads / groups, -1, columns], [5]);
  graph.integers("attended_shape", [1, -1, heads * headSize], [3]);
}

/**
 * Expects the nodes of `splitSetup`. Writes the block's own rows [1, length, groups · head size] as
 * `${pass.present}.N.key|value`.
 */
export const splitAttention: Attention = (graph, { headSize }, pass, { index, queries, keys, values, attended }) => {
  const [newKeys, newValues] = [`${pass.present}.${index}.key`, `${pass.present}.${index}.value`];
  let names = 0;
  const make = (
    operator: string,
    inputs: readonly string[],
    attributes?: Parameters<GraphBuilder["node"]>[3],
    contrib = false,
  ): string => {
    const name = `${attended}.${names++}`;
    graph.node(operator, inputs, [name], attributes, contrib);
    return name;
  };
  const rotate = (rows: string, rotated: string) =>
    graph.node("RotaryEmbedding", [rows, "block_begin", "cos", "sin"], [rotated], {}, true);
  const reshape = (name: string, shape: string) => make("Reshape", [name, shape]);
  // transBatchB: reads the groups (and columns) of the second matrix from its rows without a copy.
  const score = (rows: string) =>
    make(
      "FusedMatMul",
      [query, reshape(rows, "key_shape")],
      { transB: 1, transBatchB: 1, alpha: { float: 1 / Math.sqrt(headSize) } },
      true,
    );
  const mix = (weights: string, rows: string) =>
    make("FusedMatMul", [weights, reshape(rows, "value_shape")], { transBatchB: 1 }, true);

  rotate(keys, newKeys);
  graph.node("Identity", [values], [newValues]);
  rotate(queries, `${attended}.queries`);
  const perHead = make("Transpose", [reshape(`${attended}.queries`, "head_shape")], { perm: [1, 0, 2] });
  // Scores and weights are [groups, 1, heads / groups · length, rows].
  const query = reshape(perHead, "query_shape");
  const past = make("Add", [score(`${pass.past}.${index}.key`), "past_bias"]);
  const block = make("Add", [score(newKeys), "block_bias"]);
  const weights = make("Softmax", [make("Concat", [past, block], { axis: 3 })], { axis: 3 });
  const [frozen, later] = [`${attended}.frozen`, `${attended}.later`];
  graph.node("Split", [weights, "frozen_and_later"], [frozen, later], { axis: 3 });
  const tail = make("Concat", [`tail_values.${index}`, reshape(newValues, "row_shape")], { axis: 0 });
  // [groups, columns, heads / groups · length, 16]
  const mixed = make("Add", [mix(frozen, `${pass.past}.${index}.value`), mix(later, tail)]);
  const perToken = make("Transpose", [reshape(mixed, "mixed_shape")], { perm: [3, 0, 2, 1, 4] });
  graph.node("Reshape", [perToken, "attended_shape"], [attended]);
};

/** present_rows [2·layers, length, groups, head size]: key 0, value 0, key 1, … of the block itself. */
export function splitNewRows(
  graph: GraphBuilder,
  { layers, groups, headSize }: DecoderConfig,
  type: "float32" | "int8",
): void {
  graph.output("present_rows", type, [2 * layers, "length", groups, headSize]);
  const rows = Array.from({ length: layers }, (_, n) => [`present.${n}.key`, `present.${n}.value`]).flat();
  graph.integers("rows_shape", [2 * layers, -1, groups, headSize], [4]);
  graph.node("Concat", rows, ["all_new_rows"], { axis: 0 });
  graph.node("Reshape", ["all_new_rows", "rows_shape"], ["present_rows"]);
}
