import type { GraphBuilder } from "../onnx-file/graph-builder.ts";

/** What is measured about an input [1, length, columns] over all texts of a calibration. */
export interface InputStatistic<Value> {
  /** Adds an output with the statistic of one text to the graph, float32, and returns its name. */
  observe(graph: GraphBuilder, input: string): string;
  /** Joins the statistic of one more text to that of the earlier ones, if there are any. */
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

/** The sum of squares of each column: how much an error in a weight of that column counts. */
export const columnSquares: InputStatistic<Float64Array> = {
  observe(graph, input) {
    const output = `${input}.squares`;
    graph.integers(`${output}.axis`, [1], [1]);
    graph.node("ReduceSumSquare", [input, `${output}.axis`], [output], { keepdims: 0 });
    graph.output(output, "float32", [1, "columns"]);
    return output;
  },
  add: (earlier, found) => Float64Array.from(found, (value, column) => value + (earlier?.[column] ?? 0)),
};

/** Joins magnitudes of columns: the larger of each. */
export function largerOfColumns(earlier: Float32Array | undefined, found: Float32Array): Float32Array {
  return found.map((value, column) => Math.max(value, earlier?.[column] ?? 0));
}
