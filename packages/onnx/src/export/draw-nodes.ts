import type { GraphBuilder } from "../onnx-file/graph-builder.ts";

/** The inputs of a draw. */
export interface Drawn {
  /** float32 [1, vocabulary] */
  readonly row: string;
  /** float64, a single value above 0. */
  readonly temperature: string;
  /** bool, a single value: true to draw the token, false to take the argmax. */
  readonly sampled: string;
  /** float64 [draws], in [0, 1 − 2⁻⁵²]: with the largest number below 1, coin times sum may round to the sum. */
  readonly coins: string;
  /** bool, a single value: true to draw by noise instead of the coin. */
  readonly raced: string;
  /** float64 [draws, vocabulary]: the noise of each draw, as core's `writeNoise` writes it. */
  readonly noise: string;
  /** int64, a single value: which of these draws it is. */
  readonly at: string;
}

/**
 * Computes the token [1, 1] that core's `draw(process(row, { temperature }), coin)` returns, or `drawByNoise` of the
 * same row. Expects the int64 [1] value -1 as `minus_one`.
 */
export function drawToken(graph: GraphBuilder, drawn: Drawn, token: string): void {
  const highest = graph.inner("highest");
  // The lowest index among equals, as in core.
  highest.node("ArgMax", [drawn.row], ["arg_max"], { axis: -1, keepdims: 1 });
  highest.output("arg_max", "int64", [1, 1]);
  const sample = graph.inner("sample");
  const probabilities = probabilitiesOf(sample, drawn);
  const race = sample.inner("race");
  noiseRace(race, probabilities, drawn, "raced_token");
  race.output("raced_token", "int64", [1, 1]);
  const toss = sample.inner("toss");
  inverseCdf(toss, probabilities, drawn, "tossed_token");
  toss.output("tossed_token", "int64", [1, 1]);
  sample.node("If", [drawn.raced], ["sample"], { then_branch: { graph: race }, else_branch: { graph: toss } });
  sample.output("sample", "int64", [1, 1]);
  graph.node("If", [drawn.sampled], [token], { then_branch: { graph: sample }, else_branch: { graph: highest } });
}

/** The probabilities of the row at the temperature: single-precision numbers as in core, in double precision. */
function probabilitiesOf(graph: GraphBuilder, { row, temperature }: Drawn): string {
  const last = "minus_one";
  graph.node("Cast", [row], ["draw.wide"], { to: 11 });
  graph.node("ReduceMax", ["draw.wide", last], ["draw.highest"]);
  graph.node("Sub", ["draw.wide", "draw.highest"], ["draw.below"]);
  graph.node("Div", ["draw.below", temperature], ["draw.exponents"]);
  graph.node("Exp", ["draw.exponents"], ["draw.weights"]);
  graph.node("ReduceSum", ["draw.weights", last], ["draw.sum"]);
  const shares = rounded(graph, "draw.weights");
  graph.node("Div", [shares, "draw.sum"], ["draw.shares"]);
  return rounded(graph, "draw.shares");
}

/**
 * The highest p/e, e = −ln of the noise, as the lowest quotient of p and the logarithm; the lowest index among equals.
 * Core has a logarithm of its own, so the two pick different tokens only when two quotients differ by rounding errors.
 */
function noiseRace(graph: GraphBuilder, probabilities: string, { noise, at }: Drawn, token: string): void {
  graph.node("Gather", [noise, at], ["race.noise"], { axis: 0 });
  graph.node("Log", ["race.noise"], ["race.logarithms"]);
  graph.node("Div", [probabilities, "race.logarithms"], ["race.quotients"]);
  graph.node("ArgMin", ["race.quotients"], [token], { axis: -1, keepdims: 1 });
}

/**
 * Counts the tokens whose cumulative mass is at most coin · mass. Like core, it sums a single-precision row in double
 * precision, so the two pick different tokens only when the coin is within the rounding error of a double sum.
 */
function inverseCdf(graph: GraphBuilder, probabilities: string, { coins, at }: Drawn, token: string): void {
  const last = "minus_one";
  graph.node("Gather", [coins, at], ["draw.coin"], { axis: 0 });
  graph.node("CumSum", [probabilities, last], ["draw.cumulative"]);
  graph.node("ReduceMax", ["draw.cumulative", last], ["draw.mass"]);
  graph.node("Mul", ["draw.mass", "draw.coin"], ["draw.limit"]);
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
