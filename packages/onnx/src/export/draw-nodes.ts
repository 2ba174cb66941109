import type { GraphBuilder } from "../onnx-file/graph-builder.ts";

/** The inputs of a draw. */
export interface Drawn {
  /** float32 [1, vocabulary] */
  readonly row: string;
  /** float64, a single value above 0. */
  readonly temperature: string;
  /** bool, a single value: true to draw the token, false to take the argmax. */
  readonly sampled: string;
  /** float64, a single value in [0, 1 − 2⁻⁵²]: with the largest number below 1, coin times sum may round to the sum. */
  readonly coin: string;
}

/**
 * Computes the token [1, 1] that core's `draw(process(row, { temperature }), coin)` returns. Expects the int64 [1]
 * value -1 as `minus_one`.
 */
export function drawToken(graph: GraphBuilder, drawn: Drawn, token: string): void {
  const highest = graph.inner("highest");
  // The lowest index among equals, as in core.
  highest.node("ArgMax", [drawn.row], ["arg_max"], { axis: -1, keepdims: 1 });
  highest.output("arg_max", "int64", [1, 1]);
  const sample = graph.inner("sample");
  inverseCdf(sample, drawn, "sample");
  sample.output("sample", "int64", [1, 1]);
  graph.node("If", [drawn.sampled], [token], { then_branch: { graph: sample }, else_branch: { graph: highest } });
}

/**
 * Counts the tokens whose cumulative mass is at most coin · mass. Like core, it sums a single-precision row in double
 * precision, so the two pick different tokens only when the coin is within the rounding error of a double sum.
 */
function inverseCdf(graph: GraphBuilder, { row, temperature, coin }: Drawn, token: string): void {
  const last = "minus_one";
  graph.node("Cast", [row], ["draw.wide"], { to: 11 });
  graph.node("ReduceMax", ["draw.wide", last], ["draw.highest"]);
  graph.node("Sub", ["draw.wide", "draw.highest"], ["draw.below"]);
  graph.node("Div", ["draw.below", temperature], ["draw.exponents"]);
  graph.node("Exp", ["draw.exponents"], ["draw.weights"]);
  graph.node("ReduceSum", ["draw.weights", last], ["draw.sum"]);
  const shares = rounded(graph, "draw.weights");
  graph.node("Div", [shares, "draw.sum"], ["draw.shares"]);
  const probabilities = rounded(graph, "draw.shares");
  graph.node("CumSum", [probabilities, last], ["draw.cumulative"]);
  graph.node("ReduceMax", ["draw.cumulative", last], ["draw.mass"]);
  graph.node("Mul", ["draw.mass", coin], ["draw.limit"]);
  graph.node("LessOrEqual", ["draw.cumulative", "draw.limit"], ["draw.passed"]);
  graph.node("Cast", ["draw.passed"], ["draw.counted"], { to: 7 });
  graph.node("ReduceSum", ["draw.counted", last], [token]);
}

/** A float64 value rounded to float32. */
function rounded(graph: GraphBuilder, name: string): string {
  graph.node("Cast", [name], [`${name}.float32`], { to: 1 });
  graph.node("Cast", [`${name}.float32`], [`${name}.rounded`], { to: 11 });
  return `${name}.rounded`;
}
