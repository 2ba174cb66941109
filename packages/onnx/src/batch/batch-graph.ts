/**
 * Rewrites a decoder's graph so that one run takes blocks of several sequences: every matrix reads the rows of all, and
 * each sequence has attention nodes of its own, with its own cache. A row's numbers are those of a run for its sequence
 * alone, since the same kernels compute them from the same values. The file's tensors are copied as they are.
 */
import type { Precision } from "../graph/float-tensors.ts";
import { graphBuilder } from "../onnx-file/graph-builder.ts";
import { type ByteAt, bodies, fields, type Span, text } from "../onnx-file/protobuf-reader.ts";
import { integer, type Message, message, nested, wholeOf } from "../onnx-file/protobuf-writer.ts";
import type { OnnxNode, OnnxScan } from "../onnx-file/scan.ts";
import { batchNames } from "./batch-names.ts";

/** The sizes of a decoder with caches [1, groups, room, head size]. */
export interface BatchShape {
  readonly layers: number;
  readonly groups: number;
  readonly headSize: number;
  readonly precision: Precision;
}

/** Inputs that depend on one sequence's length. */
const ofOneSequence = /^(attention_mask|position_ids|past_)/;

/** Operators with inner graphs, which may read any value of the graph around them. */
const withInnerGraphs = new Set(["If", "Loop", "Scan"]);

/** What is kept of a graph. */
export interface BatchPlan {
  /** The nodes to copy, and the attention nodes to replace, by their index in the scan. */
  readonly kept: ReadonlySet<number>;
  /** The attention nodes in the order of their caches. */
  readonly attentions: readonly number[];
  /** Outputs besides present_rows. */
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
}

/**
 * The plan for a graph; undefined if it cannot be batched: its attention must be GroupQueryAttention nodes with rotary
 * tables, and nothing else may depend on a sequence's length.
 */
export function planBatch(scan: OnnxScan, layers: number, hidden: readonly string[]): BatchPlan | undefined {
  const { nodes, initializers, opsets } = scan;
  if ((opsets.get("") ?? 0) < 13) return undefined;
  const makers = new Map<string, number>();
  for (const [index, { outputs }] of nodes.entries())
    for (const name of outputs) if (name !== "") makers.set(name, index);
  const outputs = ["logits", ...hidden.filter((name) => scan.outputs.includes(name))];
  const kept = new Set<number>();
  const inputs = new Set<string>();
  const attentions = new Map<string, number>();
  const pending = [...outputs];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const index = makers.get(name);
    if (index === undefined) {
      if (name === "" || initializers.has(name)) continue;
      if (ofOneSequence.test(name) || !scan.inputs.includes(name)) return undefined;
      inputs.add(name);
      continue;
    }
    if (kept.has(index)) continue;
    kept.add(index);
    const node = nodes[index] as OnnxNode;
    if (withInnerGraphs.has(node.operator)) return undefined;
    if (node.operator !== "GroupQueryAttention") {
      pending.push(...node.inputs);
      continue;
    }
    if (!isReplaceable(node) || name !== node.outputs[0]) return undefined;
    const [queries, keys, values, pastKeys, , , , cos, sin] = node.inputs as [string, string, string, ...string[]];
    attentions.set(pastKeys as string, index);
    pending.push(queries, keys, values, cos as string, sin as string);
  }
  const inOrder = Array.from({ length: layers }, (_, n) => attentions.get(`past_key_values.${n}.key`));
  if (attentions.size !== layers || inOrder.includes(undefined)) return undefined;
  return { kept, attentions: inOrder as number[], outputs, inputs: [...inputs] };
}

function isReplaceable({ inputs, integers }: OnnxNode): boolean {
  const isWhole = inputs.length === 9 && inputs.every((name) => name !== "");
  return isWhole && integers["do_rotary"] === 1 && (integers["sliding_window_cache"] ?? 0) === 0;
}

/** The model with the planned graph for `slots` sequences, from the bytes of its file. */
export function batchModel(
  bytes: Uint8Array,
  scan: OnnxScan,
  plan: BatchPlan,
  shape: BatchShape,
  slots: number,
): Uint8Array {
  const byteAt: ByteAt = (position) => bytes[position] as number;
  const copied = ({ start, end }: Span) => bytes.subarray(start, end);
  const built = graphBuilder("batch");
  const graph = built.body;
  const attentions = new Map(plan.attentions.map((index, layer) => [index, layer]));
  const model = message();
  let node = 0;
  for (const one of fields(byteAt, { start: 0, end: bytes.length })) {
    if (one.field !== 7) {
      if ("value" in one) integer(model, one.field, one.value);
      else nested(model, one.field, copied(one.body));
      continue;
    }
    if (!("body" in one)) continue;
    for (const part of fields(byteAt, one.body)) {
      if (!("body" in part)) continue;
      const isPort = part.field === 11 || part.field === 12;
      const ports = part.field === 11 ? plan.inputs : plan.outputs;
      if (isPort && ports.includes(nameOf(byteAt, part.body))) nested(graph, part.field, copied(part.body));
      // Initializers, dense and sparse.
      if (part.field === 5 || part.field === 15) nested(graph, part.field, copied(part.body));
      if (part.field !== 1) continue;
      const index = node++;
      if (!plan.kept.has(index)) continue;
      const layer = attentions.get(index);
      if (layer === undefined) nested(graph, 1, copied(part.body));
      else writeAttention(built, scan.nodes[index] as OnnxNode, layer, slots, rawAttributes(byteAt, part.body, copied));
    }
  }
  writePorts(built, shape, slots);
  nested(model, 7, graph);
  return wholeOf(model);
}

const nameOf = (byteAt: ByteAt, port: Span): string => {
  for (const body of bodies(byteAt, port, 1)) return text(byteAt, body);
  return "";
};

/** A node's attributes as they are in the file, without those of its rotation. */
function rawAttributes(byteAt: ByteAt, node: Span, copied: (span: Span) => Uint8Array): RawAttributes {
  const all = Array.from(bodies(byteAt, node, 5), (body) => ({ name: nameOf(byteAt, body), body: copied(body) }));
  return {
    attention: all.filter(({ name }) => name !== "do_rotary" && name !== "rotary_interleaved").map(({ body }) => body),
    interleaved: all.some(({ name }) => name === "rotary_interleaved"),
  };
}

interface RawAttributes {
  readonly attention: readonly Uint8Array[];
  readonly interleaved: boolean;
}

type Builder = ReturnType<typeof graphBuilder>;

/** One layer's attention: rotates all rows, and attends with those of each slot apart. */
function writeAttention(
  graph: Builder,
  { inputs, outputs, integers }: OnnxNode,
  layer: number,
  slots: number,
  { attention, interleaved }: RawAttributes,
): void {
  const [queries, keys, values] = inputs as [string, string, string, ...string[]];
  const [cos, sin] = inputs.slice(7) as [string, string];
  const made = (name: string) => `${batchNames.prefix}${layer}.${name}`;
  const rotate = (rows: string, rotated: string) => {
    const attributes: Parameters<Builder["node"]>[3] = interleaved
      ? { interleaved: integers["rotary_interleaved"] ?? 0 }
      : {};
    graph.node("RotaryEmbedding", [rows, batchNames.positions, cos, sin], [rotated], attributes, true);
    return rotated;
  };
  const perSlot = (rows: string, name: string) => {
    graph.node("Gather", [rows, batchNames.attending], [made(`${name}.attending`)], { axis: 1 });
    const parts = Array.from({ length: slots }, (_, slot) => made(`${name}.${slot}`));
    graph.node("Split", [made(`${name}.attending`), batchNames.lengths], parts, { axis: 1 });
    return parts;
  };
  const newKeys = rotate(keys, batchNames.rows(layer, "key"));
  graph.node("Identity", [values], [batchNames.rows(layer, "value")]);
  const [q, k, v] = [perSlot(rotate(queries, made("q")), "q"), perSlot(newKeys, "k"), perSlot(values, "v")];
  const attended = q.map((slotQueries, slot) => {
    const past = (["key", "value"] as const).map((part) => batchNames.past(slot, layer, part));
    const [last, total] = [batchNames.last(slot), batchNames.total(slot)];
    const read = [slotQueries, k[slot] as string, v[slot] as string, ...past, last, total];
    const written = ["o", "present.key", "present.value"].map((name) => made(`${name}.${slot}`));
    rawNode(graph.body, "GroupQueryAttention", read, written, attention);
    return written[0] as string;
  });
  graph.node("Concat", attended, [made("attended")], { axis: 1 });
  graph.node("Gather", [made("attended"), batchNames.attended], [outputs[0] as string], { axis: 1 });
}

/** A node of com.microsoft with attributes that are written already. */
function rawNode(
  graph: Message,
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[],
): void {
  const body = message();
  for (const input of inputs) nested(body, 1, input);
  for (const output of outputs) nested(body, 2, output);
  nested(body, 3, outputs[0] as string);
  nested(body, 4, operator);
  for (const attribute of attributes) nested(body, 5, attribute);
  nested(body, 7, "com.microsoft");
  nested(graph, 1, body);
}

/** The inputs that only a batch has, and present_rows [2 · layers, groups, rows, head size]. */
function writePorts(graph: Builder, { layers, groups, headSize, precision }: BatchShape, slots: number): void {
  graph.input(batchNames.positions, "int64", [1, "rows"]);
  graph.input(batchNames.attending, "int64", ["attending"]);
  graph.input(batchNames.attended, "int64", ["rows"]);
  graph.input(batchNames.lengths, "int64", [slots]);
  for (let slot = 0; slot < slots; slot++) {
    graph.input(batchNames.last(slot), "int32", [1]);
    graph.input(batchNames.total(slot), "int32", []);
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ["key", "value"] as const)
        graph.input(batchNames.past(slot, layer, part), precision, [1, groups, `room_${slot}`, headSize]);
    }
  }
  const made = (name: string) => `${batchNames.prefix}${name}`;
  const rows = Array.from({ length: layers }, (_, layer) =>
    (["key", "value"] as const).map((part) => batchNames.rows(layer, part)),
  );
  graph.node("Concat", rows.flat(), [made("all_rows")], { axis: 0 });
  graph.integers(made("rows_shape"), [2 * layers, -1, groups, headSize], [4]);
  graph.node("Reshape", [made("all_rows"), made("rows_shape")], [made("rows_by_token")]);
  graph.node("Transpose", [made("rows_by_token")], ["present_rows"], { perm: [0, 2, 1, 3] });
  graph.output("present_rows", precision, [2 * layers, groups, "rows", headSize]);
}
