import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { groupOf } from "./compensation.ts";

/** What is measured about an input [1, length, columns] over all texts of a calibration. */
export interface InputStatistic<Value> {
  /** Adds an output with the statistic of one text to the graph, float32, and returns its name. */
  observe(graph: GraphBuilder, input: string, columns: number): string;
  /** Joins the statistic of one more text to that of the earlier ones, if there are any, and may reuse theirs. */
  add(earlier: Value | undefined, found: Float32Array): Value;
}

/** The largest magnitude: the range of static int8 scales. */
export const largestMagnitude: InputStatistic<number> = {
  observe(graph, input) {
    const output = `${input}.largest`;
    graph.integers(`${output}.axis`, [-1], [1]);
    graph.node("Abs", [input], [`${input}.magnitude`]);
    graph.node("ReduceMax", [`${input}.magnitude`, `${output}.axis`], [output], { keepdims: 0 });
    graph.output(output, "float32", [1, "length"]);
    return output;
  },
  add: (earlier = 0, found) => found.reduce((a, b) => Math.max(a, b), earlier),
};

/** X^T X of groups of neighbouring columns (see compensation.ts), [columns / group, group, group]. */
export const inputProducts: InputStatistic<Float32Array> = {
  observe(graph, input, columns) {
    const output = `${input}.products`;
    const group = groupOf(columns);
    graph.integers(`${output}.shape`, [-1, columns / group, group], [3]);
    graph.node("Reshape", [input, `${output}.shape`], [`${output}.groups`]);
    graph.node("Transpose", [`${output}.groups`], [`${output}.columns`], { perm: [1, 2, 0] });
    graph.node("Transpose", [`${output}.groups`], [`${output}.rows`], { perm: [1, 0, 2] });
    graph.node("MatMul", [`${output}.columns`, `${output}.rows`], [output]);
    graph.output(output, "float32", [columns / group, group, group]);
    return output;
  },
  add(earlier, found) {
    if (earlier === undefined) return found.slice();
    for (let i = 0; i < found.length; i++) earlier[i] = (earlier[i] as number) + (found[i] as number);
    return earlier;
  },
};

/** Joins magnitudes of columns: the larger of each. */
export function largerOfColumns(earlier: Float32Array | undefined, found: Float32Array): Float32Array {
  return found.map((value, column) => Math.max(value, earlier?.[column] ?? 0));
}
