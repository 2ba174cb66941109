/** Writes attention for several sequences: rows are rotated together, and each sequence attends with its own. */
import type { graphBuilder } from "../onnx-file/graph-builder.ts";
import { type ByteAt, bodies, fields, type Span, text } from "../onnx-file/protobuf-reader.ts";
import { integer, message, nested } from "../onnx-file/protobuf-writer.ts";
import type { OnnxScan } from "../onnx-file/scan.ts";
import type { AttentionSite, SplitNodes } from "./attention-sites.ts";
import { batchNames } from "./batch-names.ts";

type Builder = ReturnType<typeof graphBuilder>;

/** The graph whose attention is replaced. */
export interface Source {
  readonly scan: OnnxScan;
  readonly byteAt: ByteAt;
  copied(span: Span): Uint8Array;
  /** The bytes of its nodes, by index. */
  readonly nodes: readonly Span[];
}

/** One slot's rows of queries, keys and values, rotated: names of values [1, rows, …]. */
interface SlotRows {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

/** Writes the attention of a site for so many slots. The sites are written in order. */
export function attentionWriter(graph: Builder, source: Source, slots: number): (site: AttentionSite) => void {
  const attendSplit = splitWriter(graph, source);
  return (site) => {
    const { layer, queries, keys, values, attended } = site;
    const made = (name: string) => `${batchNames.prefix}${layer}.${name}`;
    const perSlot = (rows: string, name: string) => {
      graph.node("Gather", [rows, batchNames.attending], [made(`${name}.attending`)], { axis: 1 });
      const parts = Array.from({ length: slots }, (_, slot) => made(`${name}.${slot}`));
      graph.node("Split", [made(`${name}.attending`), batchNames.lengths], parts, { axis: 1 });
      return parts;
    };
    const rotate = (rows: string, rotated: string) => {
      const { cos, sin, interleaved } = site;
      const attributes: Record<string, number> = interleaved === undefined ? {} : { interleaved };
      graph.node("RotaryEmbedding", [rows, batchNames.positions, cos, sin], [rotated], attributes, true);
      return rotated;
    };
    const newKeys = rotate(keys, batchNames.rows(layer, "key"));
    graph.node("Identity", [values], [batchNames.rows(layer, "value")]);
    const [q, k, v] = [perSlot(rotate(queries, made("q")), "q"), perSlot(newKeys, "k"), perSlot(values, "v")];
    const perSequence = q.map((queries, slot) => {
      const rows = { queries, keys: k[slot] as string, values: v[slot] as string };
      return site.split === undefined
        ? attendGrouped(graph, source, site, slot, rows)
        : attendSplit(site, site.split, slot, rows);
    });
    graph.node("Concat", perSequence, [made("attended")], { axis: 1 });
    graph.node("Gather", [made("attended"), batchNames.attended], [attended], { axis: 1 });
  };
}

/** One slot's GroupQueryAttention, with the attributes of the site's, except for its rotation. */
function attendGrouped(
  graph: Builder,
  { byteAt, copied, nodes }: Source,
  { layer, at }: AttentionSite,
  slot: number,
  { queries, keys, values }: SlotRows,
): string {
  const past = ["key", "value"].map((part) => batchNames.own(slot, `past_key_values.${layer}.${part}`));
  const written = ["o", "present.key", "present.value"].map((name) => `${batchNames.prefix}${layer}.${name}.${slot}`);
  const body = message();
  for (const name of [queries, keys, values, ...past, batchNames.last(slot), batchNames.total(slot)])
    nested(body, 1, name);
  for (const name of written) nested(body, 2, name);
  nested(body, 3, written[0] as string);
  nested(body, 4, "GroupQueryAttention");
  for (const attribute of bodies(byteAt, nodes[at] as Span, 5))
    if (!["do_rotary", "rotary_interleaved"].includes(nameOf(byteAt, attribute))) nested(body, 5, copied(attribute));
  nested(body, 7, "com.microsoft");
  nested(graph.body, 1, body);
  return written[0] as string;
}

/** The name of a message whose first field it is. */
export const nameOf = (byteAt: ByteAt, span: Span): string => {
  for (const body of bodies(byteAt, span, 1)) return text(byteAt, body);
  return "";
};

/** Copies the nodes of split attention for one slot; those that layers share, once. */
function splitWriter(graph: Builder, source: Source) {
  const { scan, nodes } = source;
  const written = new Set<string>();
  /** For each slot, values of its first layer, which have as many rows as its block. */
  const blocks = new Map<number, string>();
  return ({ attended }: AttentionSite, split: SplitNodes, slot: number, rows: SlotRows): string => {
    if (!blocks.has(slot)) blocks.set(slot, rows.values);
    const given = new Map([
      [split.queries, rows.queries],
      [split.keys, rows.keys],
      [split.values, rows.values],
      ["input_ids", blocks.get(slot) as string],
    ]);
    const renamed = (name: string) =>
      name === "" || scan.initializers.has(name) ? name : (given.get(name) ?? batchNames.own(slot, name));
    for (const index of split.nodes) {
      const key = `${slot} ${index}`;
      if (!written.has(key)) copyNode(graph, source, nodes[index] as Span, renamed);
      written.add(key);
    }
    return batchNames.own(slot, attended);
  };
}

/** Copies a node with other names for what it reads and makes. */
function copyNode(graph: Builder, { byteAt, copied }: Source, node: Span, renamed: (name: string) => string): void {
  const body = message();
  for (const part of fields(byteAt, node)) {
    if ("value" in part) integer(body, part.field, part.value);
    else if (part.field <= 2) nested(body, part.field, renamed(text(byteAt, part.body)));
    else if (part.field === 3) nested(body, 3, renamed(text(byteAt, part.body)));
    else nested(body, part.field, copied(part.body));
  }
  nested(graph.body, 1, body);
}
