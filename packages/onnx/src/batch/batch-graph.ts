/**
 * Rewrites a decoder's graph so that one run takes blocks of several sequences: every matrix reads the rows of all, and
 * each sequence has attention nodes of its own, with its own cache. A row's numbers are those of a run for its sequence
 * alone, since the same kernels compute them from the same values. The file's tensors are copied as they are.
 */
import type { Precision } from "../graph/float-tensors.ts";
import { graphBuilder } from "../onnx-file/graph-builder.ts";
import { type ByteAt, fields, type Span } from "../onnx-file/protobuf-reader.ts";
import { integer, message, nested, wholeOf } from "../onnx-file/protobuf-writer.ts";
import type { OnnxNode, OnnxScan } from "../onnx-file/scan.ts";
import { type AttentionSite, groupedSites, makersOf, splitSites, withInnerGraphs } from "./attention-sites.ts";
import { attentionWriter, nameOf } from "./batch-attention.ts";
import { batchNames, cacheInputs } from "./batch-names.ts";

/** The sizes of a decoder with caches [1, groups, room, head size], or [rows, groups, head size] if `isSplit`. */
export interface BatchShape {
  readonly layers: number;
  readonly groups: number;
  readonly headSize: number;
  readonly precision: Precision;
  readonly isSplit: boolean;
}

/** Inputs that depend on one sequence's length. */
const ofOneSequence = /^(attention_mask|position_ids|past_|tail_)/;

/** What is kept of a graph. */
export interface BatchPlan {
  /** The nodes to copy, by their index in the scan. Those that make the values of sites are replaced. */
  readonly kept: ReadonlySet<number>;
  readonly sites: readonly AttentionSite[];
  /** Outputs besides present_rows. */
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
}

/**
 * The plan for a graph; undefined if it cannot be batched: its attention must be GroupQueryAttention nodes with rotary
 * tables, or the nodes of attention-split.ts, and nothing else may depend on a sequence's length.
 */
export function planBatch(
  scan: OnnxScan,
  { layers, isSplit }: Pick<BatchShape, "layers" | "isSplit">,
  hidden: readonly string[],
): BatchPlan | undefined {
  const { nodes, initializers, opsets } = scan;
  if ((opsets.get("") ?? 0) < 13) return undefined;
  const sites = isSplit ? splitSites(scan, layers) : groupedSites(scan, layers);
  if (sites === undefined) return undefined;
  const places = new Map(sites.map((site) => [site.attended, site]));
  const makers = makersOf(scan);
  const outputs = ["logits", ...hidden.filter((name) => scan.outputs.includes(name))];
  const kept = new Set<number>();
  const inputs = new Set<string>();
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
    const { operator, inputs: read } = nodes[index] as OnnxNode;
    const site = places.get(name);
    if (site !== undefined) pending.push(site.queries, site.keys, site.values, site.cos, site.sin);
    else if (withInnerGraphs.has(operator) || operator === "GroupQueryAttention") return undefined;
    else pending.push(...read);
  }
  return sites.every(({ at }) => kept.has(at)) ? { kept, sites, outputs, inputs: [...inputs] } : undefined;
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
  const built = graphBuilder("batch", undefined, batchNames.prefix);
  const graph = built.body;
  const sites = new Map(plan.sites.map((site) => [site.at, site]));
  const nodes: Span[] = [];
  const writeAttention = attentionWriter(built, { scan, byteAt, copied, nodes }, slots);
  const model = message();
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
      const index = nodes.push(part.body) - 1;
      if (!plan.kept.has(index)) continue;
      const site = sites.get(index);
      if (site === undefined) nested(graph, 1, copied(part.body));
      else writeAttention(site);
    }
  }
  writePorts(built, shape, slots);
  nested(model, 7, graph);
  return wholeOf(model);
}

/**
 * The inputs that only a batch has, and present_rows [2 · layers, groups, rows, head size], or [2 · layers, rows,
 * groups, head size] of split attention.
 */
function writePorts(
  graph: ReturnType<typeof graphBuilder>,
  { layers, groups, headSize, precision, isSplit }: BatchShape,
  slots: number,
): void {
  graph.input(batchNames.positions, "int64", [1, "rows"]);
  graph.input(batchNames.attending, "int64", ["attending"]);
  graph.input(batchNames.attended, "int64", ["rows"]);
  graph.input(batchNames.lengths, "int64", [slots]);
  for (let slot = 0; slot < slots; slot++) {
    if (!isSplit) {
      graph.input(batchNames.last(slot), "int32", [1]);
      graph.input(batchNames.total(slot), "int32", []);
    }
    for (const name of cacheInputs(layers, isSplit)) {
      const own = batchNames.own(slot, name);
      graph.input(own, precision, isSplit ? [`rows_${own}`, groups, headSize] : [1, groups, `room_${slot}`, headSize]);
    }
  }
  const made = (name: string) => `${batchNames.prefix}${name}`;
  const rows = Array.from({ length: layers }, (_, layer) =>
    (["key", "value"] as const).map((part) => batchNames.rows(layer, part)),
  );
  graph.node("Concat", rows.flat(), [made("all_rows")], { axis: 0 });
  graph.integers(made("rows_shape"), [2 * layers, -1, groups, headSize], [4]);
  if (isSplit) {
    graph.node("Reshape", [made("all_rows"), made("rows_shape")], ["present_rows"]);
    graph.output("present_rows", precision, [2 * layers, "rows", groups, headSize]);
    return;
  }
  graph.node("Reshape", [made("all_rows"), made("rows_shape")], [made("rows_by_token")]);
  graph.node("Transpose", [made("rows_by_token")], ["present_rows"], { perm: [0, 2, 1, 3] });
  graph.output("present_rows", precision, [2 * layers, groups, "rows", headSize]);
}
