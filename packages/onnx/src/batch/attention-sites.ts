/** Finds where a graph attends, so that each sequence of a batch can have attention of its own there. */
import type { OnnxNode, OnnxScan } from "../onnx-file/scan.ts";

/** One layer's attention. All but `attended` are read by it. */
export interface AttentionSite {
  readonly layer: number;
  /** Values [1, rows, heads · head size] or [1, rows, groups · head size], not rotated. */
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
  /** Rotary tables. */
  readonly cos: string;
  readonly sin: string;
  /** The attribute `interleaved` of the rotation, if there is one. */
  readonly interleaved: number | undefined;
  /** The value [1, rows, heads · head size] that it makes, and the index of the node that does. */
  readonly attended: string;
  readonly at: number;
  /** Undefined where that node is a GroupQueryAttention, which does everything. */
  readonly split: SplitNodes | undefined;
}

/** Attention of attention-split.ts: plain nodes. */
export interface SplitNodes {
  /** The rotated queries and keys, and the values as they are returned. */
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
  /** The nodes that attend with these, in order. They may be shared with other layers. */
  readonly nodes: readonly number[];
}

/** Operators with inner graphs, which may read any value of the graph around them. */
export const withInnerGraphs: ReadonlySet<string> = new Set(["If", "Loop", "Scan"]);

/** The makers of all values, by index. */
export function makersOf({ nodes }: OnnxScan): ReadonlyMap<string, number> {
  const makers = new Map<string, number>();
  for (const [index, { outputs }] of nodes.entries())
    for (const name of outputs) if (name !== "") makers.set(name, index);
  return makers;
}

/** GroupQueryAttention nodes with rotary tables, in the order of their caches; undefined unless each layer has one. */
export function groupedSites({ nodes }: OnnxScan, layers: number): readonly AttentionSite[] | undefined {
  const sites = new Map<string, AttentionSite>();
  for (const [at, node] of nodes.entries()) {
    if (node.operator !== "GroupQueryAttention") continue;
    const { inputs, outputs, integers } = node;
    const isWhole = inputs.length === 9 && inputs.every((name) => name !== "");
    if (!isWhole || integers["do_rotary"] !== 1 || (integers["sliding_window_cache"] ?? 0) !== 0) return undefined;
    const [queries, keys, values, pastKeys, , , , cos, sin] = inputs as [string, string, string, ...string[]];
    const layer = Number(/^past_key_values\.(\d+)\.key$/.exec(pastKeys as string)?.[1]);
    const rotary = { cos: cos as string, sin: sin as string, interleaved: integers["rotary_interleaved"] };
    const attended = outputs[0] as string;
    sites.set(pastKeys as string, { layer, queries, keys, values, ...rotary, attended, at, split: undefined });
  }
  return inOrder([...sites.values()], layers);
}

/** Split attention in the order of the layers; undefined unless each has the nodes that attention-split.ts writes. */
export function splitSites(scan: OnnxScan, layers: number): readonly AttentionSite[] | undefined {
  const makers = makersOf(scan);
  const makerOf = (name: string | undefined) => scan.nodes[makers.get(name ?? "") ?? -1];
  const rows = makerOf(makerOf("present_rows")?.inputs[0])?.inputs ?? [];
  const sites = Array.from({ length: layers }, (_, layer) =>
    splitSite(scan, makers, layer, { keys: rows[2 * layer], values: rows[2 * layer + 1] }),
  );
  return inOrder(
    sites.filter((site) => site !== undefined),
    layers,
  );
}

function inOrder(sites: readonly AttentionSite[], layers: number): readonly AttentionSite[] | undefined {
  const byLayer = Array.from({ length: layers }, (_, n) => sites.find(({ layer }) => layer === n));
  return sites.length === layers && !byLayer.includes(undefined) ? (byLayer as AttentionSite[]) : undefined;
}

function splitSite(
  scan: OnnxScan,
  makers: ReadonlyMap<string, number>,
  layer: number,
  { keys, values }: { readonly keys: string | undefined; readonly values: string | undefined },
): AttentionSite | undefined {
  const at = lastOf(scan, `tail_values.${layer}`);
  if (at === undefined || keys === undefined || values === undefined) return undefined;
  const attended = scan.nodes[at]?.outputs[0] as string;
  const found = new Set<number>();
  const rotated = new Set<string>();
  const pending = [attended];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === keys || name === values || name === "" || scan.initializers.has(name)) continue;
    const index = makers.get(name);
    if (index === undefined) {
      if (!/^(past_key_values|tail_values)\./.test(name)) return undefined;
      continue;
    }
    const node = scan.nodes[index] as OnnxNode;
    if (node.operator === "RotaryEmbedding") rotated.add(name);
    else if (withInnerGraphs.has(node.operator)) return undefined;
    else {
      found.add(index);
      if (!isLengthOfBlock(node)) pending.push(...node.inputs);
    }
  }
  const [queries] = rotated;
  if (queries === undefined || rotated.size > 1) return undefined;
  const [rotatedQueries, rotatedKeys, kept] = [queries, keys, values].map((name) => scan.nodes[makers.get(name) ?? -1]);
  if (rotatedQueries === undefined) return undefined;
  if (rotatedKeys?.operator !== "RotaryEmbedding" || kept?.operator !== "Identity") return undefined;
  const [raw, , cos, sin] = rotatedQueries.inputs as [string, string, string, string];
  return {
    layer,
    queries: raw,
    keys: rotatedKeys.inputs[0] as string,
    values: kept.inputs[0] as string,
    ...{ cos, sin, interleaved: rotatedQueries.integers["interleaved"] },
    ...{ attended, at },
    split: { queries, keys, values, nodes: [...found].sort((a, b) => a - b) },
  };
}

/** Whether a node only counts the tokens of the block. */
export const isLengthOfBlock = ({ operator, inputs, integers }: OnnxNode): boolean =>
  operator === "Shape" && inputs[0] === "input_ids" && integers["start"] === 1 && integers["end"] === 2;

/** The last node of attention with these values: the first after them that joins all heads. */
function lastOf({ nodes, initializers }: OnnxScan, values: string): number | undefined {
  let name = values;
  for (let from = 0; ; ) {
    const at = nodes.findIndex(({ inputs }, index) => index >= from && inputs.includes(name));
    const node = nodes[at];
    if (node === undefined) return undefined;
    const shape = initializers.get(node.inputs[1] ?? "");
    if (node.operator === "Reshape" && shape?.dims[0] === 3) return at;
    name = node.outputs[0] as string;
    from = at + 1;
  }
}
