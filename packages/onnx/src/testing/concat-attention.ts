/** Attention by MatMul and Softmax over Concat(past, new), as Optimum writes it. */
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Shape } from "./random-llama.ts";

/**
 * Rotary tables for the block's rows, by the input position_ids if `asked` or else by the past's length, and the
 * positions its rows may attend to: earlier ones that the mask counts.
 */
export function concatPositions(graph: GraphBuilder, { heads, groups, headSize }: Shape, asked: boolean): void {
  if (asked) graph.input("position_ids", "int64", [1, "length"]);
  for (const [name, values] of Object.entries({
    zero: [0],
    axis0: [0],
    axis1: [1],
    axis2: [2],
    axis3: [3],
    half: [headSize / 2],
    far: [headSize],
  }))
    graph.integers(name, values, [1]);
  for (const [name, value] of Object.entries({ start0: 0, step1: 1 })) graph.integers(name, [value], []);
  graph.weights("open", Float32Array.of(0), [], "float32");
  graph.weights("closed", Float32Array.of(-3.4e38), [], "float32");
  graph.weights("scale", Float32Array.of(1 / Math.sqrt(headSize)), [], "float32");
  graph.node("Shape", ["past_key_values.0.key"], ["past_size"], { start: 2, end: 3 });
  graph.node("Shape", ["input_ids"], ["block_size"], { start: 1, end: 2 });
  graph.node("Add", ["past_size", "block_size"], ["all_size"]);
  for (const [from, to] of [
    ["past_size", "past_scalar"],
    ["all_size", "all_scalar"],
  ] as const)
    graph.node("Squeeze", [from], [to]);
  graph.node("Range", ["start0", "all_scalar", "step1"], ["keys"]);
  graph.node("Range", ["past_scalar", "all_scalar", "step1"], ["queries"]);
  graph.node("Unsqueeze", ["queries", "axis1"], ["query_column"]);
  if (!asked) graph.node("Unsqueeze", ["queries", "axis0"], ["position_ids"]);
  for (const name of ["cos", "sin"]) {
    graph.node("Gather", [name, "position_ids"], [`${name}.rows`], { axis: 0 });
    graph.node("Concat", [`${name}.rows`, `${name}.rows`], [`${name}.both`], { axis: -1 });
    graph.node("Unsqueeze", [`${name}.both`, "axis1"], [`${name}.block`]);
  }
  graph.node("LessOrEqual", ["keys", "query_column"], ["causal"]);
  graph.node("Cast", ["attention_mask"], ["counted"], { to: 9 });
  graph.node("And", ["causal", "counted"], ["visible"]);
  graph.node("Where", ["visible", "open", "closed"], ["bias"]);
  graph.integers("split_shape", [1, 0, -1, headSize], [4]);
  graph.integers("query_shape", [1, groups, heads / groups, -1, headSize], [5]);
  graph.integers("merge_shape", [1, heads, -1, headSize], [4]);
  graph.integers("flat_shape", [1, 0, -1], [3]);
}

/** A builder's `node` that handles GroupQueryAttention only. */
export function concatAttention(graph: GraphBuilder, float16: boolean): GraphBuilder["node"] {
  return (
    _operator,
    [q = "", k = "", v = "", pastKey = "", pastValue = ""],
    [attended = "", presentKey = "", presentValue = ""],
  ) => {
    let names = 0;
    const make = (
      operator: string,
      inputs: readonly string[],
      attributes?: Parameters<GraphBuilder["node"]>[3],
    ): string => {
      const name = `${attended}.${names++}`;
      graph.node(operator, inputs, [name], attributes);
      return name;
    };
    /** [1, length, heads · size] to [1, heads, length, size]. */
    const split = (name: string) => make("Transpose", [make("Reshape", [name, "split_shape"])], { perm: [0, 2, 1, 3] });
    const rotate = (name: string) => {
      const first = make("Slice", [name, "zero", "half", "axis3"]);
      const second = make("Slice", [name, "half", "far", "axis3"]);
      const turned = make("Concat", [make("Neg", [second]), first], { axis: -1 });
      return make("Add", [make("Mul", [name, "cos.block"]), make("Mul", [turned, "sin.block"])]);
    };
    /** [1, groups, 1, all, size], shared by the heads of a group. */
    const extend = (past: string, rows: string, present: string) => {
      graph.node("Concat", [past, float16 ? make("Cast", [rows], { to: 10 }) : rows], [present], { axis: 2 });
      return make("Unsqueeze", [float16 ? make("Cast", [present], { to: 1 }) : present, "axis2"]);
    };
    const queries = make("Reshape", [make("Mul", [rotate(split(q)), "scale"]), "query_shape"]);
    const keys = extend(pastKey, rotate(split(k)), presentKey);
    const values = extend(pastValue, split(v), presentValue);
    const scores = make("MatMul", [queries, make("Transpose", [keys], { perm: [0, 1, 2, 4, 3] })]);
    const weights = make("Softmax", [make("Add", [scores, "bias"])], { axis: -1 });
    const mixed = make("Reshape", [make("MatMul", [weights, values]), "merge_shape"]);
    graph.node("Reshape", [make("Transpose", [mixed], { perm: [0, 2, 1, 3] }), "flat_shape"], [attended]);
  };
}
