/** The arithmetic of verification as a graph: reduces the logits of a block to a few numbers per position. */
import type { Reading, RowKind } from "@lenity/core";
import { readsDraft } from "@lenity/core/internal";
import type { Precision } from "../graph/float-tensors.ts";
import { type GraphBuilder, graphBuilder } from "../onnx-file/graph-builder.ts";
import { divergence, entropy, logProbability, lowest, type Nodes, nodesOf, softmaxNodes } from "./softmax-nodes.ts";

/** The inputs and outputs of the graph. */
export interface EvidenceShape {
  /** The numbers computed for each position. */
  readonly readings: readonly Reading[];
  /** The logits per row of the model, and how many of them are read. */
  readonly width: number;
  readonly vocabulary: number;
  readonly precision: Precision;
  /** Whether some ids have no token (input `unused`). */
  readonly gaps: boolean;
}

/**
 * Rows of `readings` before the readings themselves: the highest logit and the sum of all, which show whether the
 * logits are valid numbers.
 */
export const proofRows = 2;

/**
 * Splits readings into those of every position, and those of positions with a drafted token and the row it was drawn
 * from.
 */
export function partReadings(readings: readonly Reading[]): readonly [readonly Reading[], readonly Reading[]] {
  return [readings.filter((reading) => !readsDraft(reading)), readings.filter(readsDraft)];
}

/**
 * Inputs: `logits` [1, rows, width]; `tokens` [rows, 1], the id that each row tests; `cooling` [1], 1 divided by the
 * temperature of processed rows; `unused` bool [vocabulary], if ids have gaps; `drafter_logits` [drafts, vocabulary],
 * the drafter's logits for the first rows, if they are read. Outputs: `readings` [proofRows + readings, rows] and, for
 * readings that use the drafter's rows, `compared` [readings, drafts]. Probabilities are natural logarithms.
 */
export function evidenceGraph({ readings, width, vocabulary, precision, gaps }: EvidenceShape): GraphBuilder {
  const graph = graphBuilder("evidence");
  const nodes = nodesOf(graph);
  const { node, constant, sum } = nodes;
  const [own, drafts] = partReadings(readings);
  graph.input("logits", precision, [1, "rows", width]);
  graph.input("tokens", "int64", ["rows", 1]);
  graph.input("cooling", "float32", [1]);
  graph.integers("zero", [0], [1]);
  graph.integers("one", [1], [1]);
  const usable = usableRows(graph, nodes, { width, vocabulary, precision, gaps });
  const logits = node("Max", [usable, constant(lowest)]);
  const p = softmaxNodes(nodes, logits);

  const column = (reading: Reading): string => {
    if (reading === "argmax") return argmax(graph, nodes, logits, p.highest, vocabulary);
    if (reading === "support") return support(nodes, logits, "tokens");
    const [kind, number] = reading.split(" ") as [RowKind, string];
    const softmax = p.of(kind);
    if (number === "probability") return logProbability(nodes, softmax, "tokens");
    return number === "confidence" ? node("Neg", [softmax.logTotal]) : entropy(nodes, softmax);
  };
  graph.output("readings", "float32", [proofRows + own.length, "rows"]);
  // Sums the values before Max, which need not preserve NaN.
  const columns = [p.highest, sum(usable), ...own.map(column)];
  graph.node("Transpose", [node("Concat", columns, { axis: 1 })], ["readings"], { perm: [1, 0] });
  if (drafts.length > 0) addCompared(graph, nodes, logits, drafts, vocabulary);
  return graph;
}

/** [rows, vocabulary] in float32, without padding, and with `lowest` in place of −∞ for ids without a token. */
function usableRows(
  graph: GraphBuilder,
  { node, constant }: Nodes,
  { width, vocabulary, precision, gaps }: Omit<EvidenceShape, "readings">,
): string {
  const rows = node("Reshape", ["logits", graph.integers("flat", [-1, width], [2])]);
  const cut = () => node("Slice", [rows, "zero", graph.integers("vocabulary", [vocabulary], [1]), "one"]);
  const known = width === vocabulary ? rows : cut();
  const wide = precision === "float32" ? known : node("Cast", [known], { to: 1 });
  if (!gaps) return wide;
  graph.input("unused", "bool", [vocabulary]);
  return node("Where", ["unused", constant(lowest), wide]);
}

/**
 * The lowest id among equals, exact in float32. ArgMax is not used, because on WebGPU it is a loop of one thread per
 * row.
 */
function argmax(
  graph: GraphBuilder,
  { node, constant, least }: Nodes,
  logits: string,
  highest: string,
  vocabulary: number,
): string {
  const ids = graph.weights(
    "ids",
    () => Float32Array.from({ length: vocabulary }, (_, id) => id),
    [vocabulary],
    "float32",
  );
  return least(node("Where", [node("Less", [logits, highest]), constant(vocabulary), ids]));
}

/** 1 where the token's logit is above −∞, else 0. */
function support({ node, constant }: Nodes, logits: string, tokens: string): string {
  const allowed = node("Less", [constant(lowest), node("GatherElements", [logits, tokens], { axis: 1 })]);
  return node("Where", [allowed, constant(1), constant(0)]);
}

/** The output `compared`. */
function addCompared(
  graph: GraphBuilder,
  nodes: Nodes,
  logits: string,
  readings: readonly Reading[],
  vocabulary: number,
): void {
  const { node, constant } = nodes;
  graph.input("drafter_logits", "float32", ["drafts", vocabulary]);
  graph.output("compared", "float32", [readings.length, "drafts"]);
  const drafts = node("Slice", [node("Shape", ["drafter_logits"]), "zero", "one"]);
  const head = (rows: string) => node("Slice", [rows, "zero", drafts, "zero"]);
  const q = softmaxNodes(nodes, node("Max", ["drafter_logits", constant(lowest)]));
  const compared = readings.some((reading) => !reading.endsWith("draft-probability"));
  const p = compared ? softmaxNodes(nodes, head(logits)) : undefined;
  const columns = readings.map((reading) => {
    const [kind, number] = reading.split(" ") as [RowKind, "draft-probability" | Parameters<typeof divergence>[3]];
    if (number === "draft-probability") return logProbability(nodes, q.of(kind), head("tokens"));
    return divergence(nodes, (p as typeof q).of(kind), q.of(kind), number);
  });
  graph.node("Transpose", [node("Concat", columns, { axis: 1 })], ["compared"], { perm: [1, 0] });
}
