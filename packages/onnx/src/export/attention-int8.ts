/**
 * Split attention (attention-split.ts) whose caches hold int8. Lossy: keys and values are rounded to 8 bits, and the
 * weights of the mean to 15. The products are of integers, so their sums are exact in any grouping, and all rows are
 * laid out by position alone: a token gets the same bits in every block.
 *
 * Caches are whole regions one after another: keys transposed
 * [regions, groups, head size, region], values [regions, groups, region, head size], so that each is the right matrix
 * of a product as it lies. The block is written into a copy of the last region; no block crosses the end of one.
 */
import { region } from "../cache/split-cache.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Attention } from "./attention.ts";
import type { CacheScales } from "./cache-scales.ts";
import type { DecoderConfig } from "./decoder-config.ts";

/** The left matrices of products are uint8 around this: kernels for two signed matrices are several times slower. */
const middle = 128;
/** The largest weight in coarse steps, and a coarse step in fine ones. */
const [coarse, fine] = [127, 254];

/** Declares the caches: frozen regions, and the region in which the block begins. Its rows from there on are ignored. */
export function int8Caches(graph: GraphBuilder, { layers, groups, headSize }: DecoderConfig): void {
  for (let n = 0; n < layers; n++) {
    graph.input(`past_key_values.${n}.key`, "int8", ["frozen_regions", groups, headSize, region]);
    graph.input(`past_key_values.${n}.value`, "int8", ["frozen_regions", groups, region, headSize]);
    graph.input(`tail_keys.${n}`, "int8", [groups, headSize, region]);
    graph.input(`tail_values.${n}`, "int8", [groups, region, headSize]);
  }
}

/**
 * Writes the values that all layers share: sizes, the block's places in its region, and a mask for the scores there.
 * Expects `total_length_64`.
 */
export function int8Setup(graph: GraphBuilder, { heads, groups, headSize }: DecoderConfig): void {
  const sizes: Readonly<Record<string, number>> = { zero: 0, rest: -1, region, groups, per_group: heads / groups };
  for (const [name, size] of Object.entries({
    ...sizes,
    head_size: headSize,
    sums: 2 * heads * headSize,
    ones: 1,
    twos: 2,
  }))
    graph.integers(`size.${name}`, [size], [1]);
  const shape = (name: string, ...parts: readonly string[]) => graph.node("Concat", parts, [name], { axis: 0 });
  graph.node("Shape", ["input_ids"], ["length_64"], { start: 1, end: 2 });
  graph.node("Sub", ["total_length_64", "length_64"], ["block_begin"]);
  graph.node("Mod", ["block_begin", "size.region"], ["tail_length"]);
  graph.node("Shape", ["past_key_values.0.key"], ["frozen_regions"], { start: 0, end: 1 });
  shape("frozen_and_tail", "frozen_regions", "size.ones");
  shape("frozen_shape", "frozen_regions", "size.ones", "size.ones", "size.ones");

  // The block's places in its region, [length, 1], and as indices of new keys and values.
  graph.integers(
    "places_of_region",
    Array.from({ length: region }, (_, i) => i),
    [region, 1],
  );
  graph.node("Slice", ["places_of_region", "size.zero", "length_64", "size.zero"], ["places_of_block"]);
  graph.node("Add", ["places_of_block", "tail_length"], ["places"]);
  graph.node("Squeeze", ["places", "size.ones"], ["places_in_columns"]);
  shape("new_keys_shape", "size.groups", "size.head_size", "length_64");
  shape("new_values_shape", "size.groups", "length_64", "size.head_size");
  graph.node("Expand", ["places_in_columns", "new_keys_shape"], ["key_places"]);
  graph.node("Expand", ["places", "new_values_shape"], ["value_places"]);

  // Added to the scores of the last region, [heads / groups · length, region]: closes later tokens.
  graph.weights("open", Float32Array.of(0), [], "float32");
  graph.weights("closed", Float32Array.of(-3.4e38), [], "float32");
  graph.node("Transpose", ["places_of_region"], ["columns_of_region"], { perm: [1, 0] });
  graph.node("Greater", ["columns_of_region", "places"], ["is_later"]);
  graph.node("Where", ["is_later", "closed", "open"], ["causal"]);
  shape("repeats", "size.per_group", "size.ones");
  graph.node("Tile", ["causal", "repeats"], ["tail_bias"]);

  graph.integers("query_shape", [-1, groups, heads / groups, headSize], [4]);
  graph.integers("group_rows_shape", [1, groups, -1, headSize], [4]);
  graph.integers("cache_rows_shape", [-1, groups, headSize], [3]);
  graph.integers("tail_key_shape", [1, groups, headSize, region], [4]);
  graph.integers("tail_value_shape", [1, groups, region, headSize], [4]);
  graph.integers("halves_shape", [1, groups, 2, -1, headSize], [5]);
  graph.integers("mixed_shape", [groups, heads / groups, -1, headSize], [4]);
  graph.integers("attended_shape", [1, -1, heads * headSize], [3]);
  graph.node("Mul", ["length_64", "size.per_group"], ["query_rows"]);
  graph.node("Mul", ["query_rows", "size.groups"], ["all_query_rows"]);
  graph.node("Mul", ["query_rows", "size.twos"], ["half_rows"]);
  graph.node("Add", ["frozen_regions", "size.ones"], ["regions"]);
  graph.node("Mul", ["regions", "size.region"], ["row_width"]);
  shape("scores_shape", "all_query_rows", "size.rest");
  shape("weights_shape", "size.groups", "size.rest", "row_width");
  shape("regions_shape", "size.groups", "half_rows", "size.rest", "size.region");
  graph.node("Mul", ["length_64", "size.sums"], ["sums_of_region"]);
  shape("sums_of_regions_shape", "frozen_regions", "sums_of_region");
  shape("region_ones_shape", "size.ones", "frozen_regions");
  graph.node("Expand", ["unit", "region_ones_shape"], ["region_ones"]);

  graph.bytes("middle", Uint8Array.of(middle), [], "uint8");
  graph.bytes("int8_zero", Uint8Array.of(0), [], "int8");
  graph.weights("unit", Float32Array.of(1), [], "float32");
  graph.weights("coarse_step", Float32Array.of(1 / coarse), [], "float32");
  graph.weights("fine_step", Float32Array.of(1 / (coarse * fine)), [], "float32");
  graph.weights("fine_share", Float32Array.of(1 / fine), [], "float32");
}

/**
 * Expects the nodes of `int8Setup`. Writes the block's own rows [length, groups, head size], int8, as
 * `${pass.present}.N.key|value`.
 */
export function int8Attention(scalesOf: (layer: number) => CacheScales): Attention {
  return (graph, { groups, headSize }, pass, { index, queries, keys, values, attended }) => {
    const scales = scalesOf(index);
    const past = `${pass.past}.${index}`;
    let names = 0;
    const name = () => `${attended}.${names++}`;
    const make = (
      operator: string,
      inputs: readonly string[],
      attributes?: Parameters<GraphBuilder["node"]>[3],
      contrib = false,
    ): string => {
      const made = name();
      graph.node(operator, inputs, [made], attributes, contrib);
      return made;
    };
    const constant = (numbers: Float32Array, shape: readonly number[]) =>
      graph.weights(name(), numbers, shape, "float32");
    const rotate = (rows: string) => make("RotaryEmbedding", [rows, "block_begin", "cos", "sin"], {}, true);
    const reshape = (rows: string, shape: string) => make("Reshape", [rows, shape]);
    /** Multiplies each column, and rounds. */
    const quantize = (rows: string, factors: Float32Array, zero: string) =>
      make("QuantizeLinear", [make("Mul", [rows, constant(factors, [factors.length])]), "unit", zero]);
    const multiply = (left: string, right: string, step: string) =>
      make("MatMulIntegerToFloat", [left, right, step, "unit", "middle", "int8_zero"], {}, true);

    /** Writes the block's rows as outputs, and puts them into the last region along `axis`. */
    const insert = (part: string, rows: string, factors: Float32Array, axis: number, perm: readonly number[]) => {
      const [output, tail] = [`${pass.present}.${index}.${part}`, `tail_${part}s.${index}`];
      graph.node("Reshape", [quantize(rows, factors, "int8_zero"), "cache_rows_shape"], [output]);
      const scattered = make("ScatterElements", [tail, `${part}_places`, make("Transpose", [output], { perm })], {
        axis,
      });
      return reshape(scattered, `tail_${part}_shape`);
    };
    const tailKeys = insert("key", rotate(keys), scales.keyFactors, 2, [1, 2, 0]);
    const tailValues = insert("value", values, scales.valueFactors, 1, [1, 0, 2]);

    // [1, groups, heads / groups · length, head size]
    const ofHeads = reshape(quantize(rotate(queries), scales.queryFactors, "middle"), "query_shape");
    const query = reshape(make("Transpose", [ofHeads], { perm: [1, 2, 0, 3] }), "group_rows_shape");
    // The products of no regions are none, too, which needs a left matrix without regions.
    const ofRegions = make("Expand", [query, "frozen_shape"]);
    const step = constant(Float32Array.of(scales.scoreStep), []);
    const frozenScores = make("Transpose", [multiply(ofRegions, `${past}.key`, step)], { perm: [1, 2, 0, 3] });
    const tailScores = make("Add", [multiply(query, tailKeys, step), "tail_bias"]);
    const scores = [frozenScores, tailScores].map((part) => reshape(part, "scores_shape"));
    const weights = make("Softmax", [make("Concat", scores, { axis: 1 })], { axis: 1 });

    // A weight is a whole number of coarse steps, and of fine ones: both are rows of the same product.
    const high = make("QuantizeLinear", [weights, "coarse_step", "middle"]);
    const rest = make("Sub", [weights, make("DequantizeLinear", [high, "coarse_step", "middle"])]);
    const low = make("QuantizeLinear", [rest, "fine_step", "middle"]);
    const halves = make("Concat", [reshape(high, "weights_shape"), reshape(low, "weights_shape")], { axis: 1 });
    const perRegion = make("Transpose", [reshape(halves, "regions_shape")], { perm: [2, 0, 1, 3] });
    const [frozen, tail] = [name(), name()];
    graph.node("Split", [perRegion, "frozen_and_tail"], [frozen, tail], { axis: 0 });
    // The sum over regions, as a product: ReduceSum takes four times as long.
    const ofFrozen = reshape(multiply(frozen, `${past}.value`, "unit"), "sums_of_regions_shape");
    const frozenSums = reshape(make("MatMul", ["region_ones", ofFrozen]), "group_rows_shape");
    const sums = make("Add", [frozenSums, multiply(tail, tailValues, "unit")]);
    const [highSums, lowSums] = [name(), name()];
    graph.node("Split", [reshape(sums, "halves_shape")], [highSums, lowSums], { axis: 2, num_outputs: 2 });
    const joined = reshape(make("Add", [highSums, make("Mul", [lowSums, "fine_share"])]), "group_rows_shape");
    const steps = scales.valueFactors.map((factor) => 1 / (factor * coarse));
    const mixed = make("Mul", [joined, constant(steps, [1, groups, 1, headSize])]);
    const perToken = make("Transpose", [reshape(mixed, "mixed_shape")], { perm: [2, 0, 1, 3] });
    graph.node("Reshape", [perToken, "attended_shape"], [attended]);
  };
}
