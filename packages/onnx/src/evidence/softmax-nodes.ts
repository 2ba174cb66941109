/** Nodes for rows of logits, and for the values that verification needs from their softmax. */
import type { Measure, RowKind } from "@lenity/core";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";

/** Used in place of −∞, so that products stay finite: GPUs need not handle infinities correctly. */
export const lowest = -1e30;

/** Names of values in the graph: rows are [rows, vocabulary], columns [rows, 1]. */
export interface SoftmaxNodes {
  /** The exponents of e; none is above 0. */
  readonly exponents: string;
  readonly powers: string;
  /** Columns: the sum of the powers, and its logarithm. */
  readonly total: string;
  readonly logTotal: string;
  /** ln p and p, made on first use. */
  logs(): string;
  probabilities(): string;
}

/** Adds nodes and constants under new names, and returns the names. */
export interface Nodes {
  node(operator: string, inputs: readonly string[], attributes?: Parameters<GraphBuilder["node"]>[3]): string;
  constant(value: number): string;
  /** The sum of each row, as a column. */
  sum(rows: string): string;
  most(rows: string): string;
  least(rows: string): string;
}

export function nodesOf(graph: GraphBuilder): Nodes {
  let names = 0;
  const node = (
    operator: string,
    inputs: readonly string[],
    attributes: Parameters<GraphBuilder["node"]>[3] = {},
  ): string => {
    const name = `${operator}.${names++}`;
    graph.node(operator, inputs, [name], attributes);
    return name;
  };
  const last = graph.integers("last", [-1], [1]);
  const overRow = (operator: "ReduceSum" | "ReduceMax" | "ReduceMin") => (rows: string) =>
    node(operator, [rows, last], { keepdims: 1 });
  return {
    node,
    constant: (value: number): string => graph.weights(`constant.${names++}`, Float32Array.of(value), [1], "float32"),
    sum: overRow("ReduceSum"),
    most: overRow("ReduceMax"),
    least: overRow("ReduceMin"),
  };
}

/** The highest logit of each row, and the softmax of each kind. */
export interface Softmaxes {
  readonly highest: string;
  of(kind: RowKind): SoftmaxNodes;
}

/**
 * The softmaxes of rows of logits: the raw ones, and those cooled by the input `cooling` (1 divided by the
 * temperature).
 */
export function softmaxNodes({ node, constant, sum, most }: Nodes, logits: string): Softmaxes {
  const highest = most(logits);
  const below = once(() => node("Sub", [logits, highest]));
  const make = (kind: RowKind): SoftmaxNodes => {
    const exponents = kind === "raw" ? below() : node("Max", [node("Mul", [below(), "cooling"]), constant(lowest)]);
    const powers = node("Exp", [exponents]);
    const total = sum(powers);
    const logTotal = node("Log", [total]);
    const logs = once(() => node("Sub", [exponents, logTotal]));
    return { exponents, powers, total, logTotal, logs, probabilities: once(() => node("Div", [powers, total])) };
  };
  const kinds = { raw: once(() => make("raw")), processed: once(() => make("processed")) };
  return { highest, of: (kind: RowKind) => kinds[kind]() };
}

/** ln p of one token per row. */
export function logProbability({ node }: Nodes, { exponents, logTotal }: SoftmaxNodes, tokens: string): string {
  return node("Sub", [node("GatherElements", [exponents, tokens], { axis: 1 }), logTotal]);
}

/** The entropy of each row, in nats: ln S − Σ e^x·x / S. */
export function entropy({ node, sum }: Nodes, { exponents, powers, total, logTotal }: SoftmaxNodes): string {
  return node("Sub", [logTotal, node("Div", [sum(node("Mul", [powers, exponents])), total])]);
}

/** The divergence of p from q, row by row. */
export function divergence(nodes: Nodes, p: SoftmaxNodes, q: SoftmaxNodes, measure: Measure): string {
  const { node, constant, sum } = nodes;
  if (measure === "kl") return sum(node("Mul", [p.probabilities(), node("Sub", [p.logs(), q.logs()])]));
  if (measure === "reverse-kl") return divergence(nodes, q, p, "kl");
  const half = constant(0.5);
  if (measure === "tv")
    return node("Mul", [sum(node("Abs", [node("Sub", [p.probabilities(), q.probabilities()])])), half]);
  // 0·ln 0 is 0: a number too small to affect any sum of probabilities is used for 0.
  const tiny = constant(1e-37);
  const middle = node("Max", [node("Mul", [node("Add", [p.probabilities(), q.probabilities()]), half]), tiny]);
  const toMiddle = (row: string) =>
    sum(node("Mul", [row, node("Log", [node("Div", [node("Max", [row, tiny]), middle])])]));
  return node("Mul", [node("Add", [toMiddle(p.probabilities()), toMiddle(q.probabilities())]), half]);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
