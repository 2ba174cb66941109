/** Plans the outputs for hidden states of layers. */
import type { HiddenKind } from "@lenity/core";
import { layerOf } from "@lenity/core/internal";
import { layerOutput } from "../graph/ports.ts";
import type { CacheNames } from "./cache-names.ts";
import type { Dataflow } from "./dataflow.ts";
import type { Suffix } from "./graph-suffix.ts";
import { findLayerStates, type LayerState } from "./layer-states.ts";
import type { Norm } from "./norms.ts";

/** What layers are planned from. */
interface LayersIn {
  /** The final norm, or why it was not found. */
  readonly norm: Norm | string;
  readonly caches: CacheNames;
  readonly asked: readonly HiddenKind[];
}

/**
 * Adds `lenity/layer-N` and `lenity/layer-N-norm` for every layer N that is asked for under either name, except the
 * last: its states are those on both sides of the final norm. Returns which of these layers were found, and why others
 * cannot be added, one sentence each.
 */
export function planLayers(
  suffix: Suffix,
  flow: Dataflow,
  { norm, caches: { layers, names }, asked }: LayersIn,
): { readonly found: readonly number[]; readonly missing: readonly string[] } {
  const cached = Array.from({ length: layers }, (_, n) => cachedBy(flow, names, n, layers));
  const states = typeof norm === "string" ? new Map<number, LayerState>() : findLayerStates(flow, cached, norm);
  const why = (layer: number): string => {
    if (layer > layers) return `the model has ${layers} layer${layers === 1 ? "" : "s"}`;
    if (typeof norm === "string") return norm;
    return states.has(layer) ? "no known norm reads that layer first" : "that layer was not found in the graph";
  };
  const missing: string[] = [];
  for (const layer of new Set(asked.map(layerOf))) {
    if (layer === undefined || layer === layers) continue;
    const state = states.get(layer);
    const kinds = asked.filter((kind) => layerOf(kind) === layer);
    const lacking = kinds.filter(
      (kind) => state === undefined || (kind.endsWith("-norm") && state.normed === undefined),
    );
    if (lacking.length > 0) missing.push(`${lacking.join(" and ")} hidden states are not available: ${why(layer)}.`);
    if (state === undefined) continue;
    add(suffix, `layer-${layer}`, state.stream);
    if (state.normed !== undefined) add(suffix, `layer-${layer}-norm`, state.normed);
  }
  return { found: [...states.keys()].sort((a, b) => a - b), missing };
}

function add(suffix: Suffix, kind: HiddenKind, value: string): void {
  suffix.node("Identity", [value], layerOutput(kind));
  suffix.output(layerOutput(kind));
}

/** The value that a layer writes into its cache. Graphs without whole caches as outputs join the new rows of all layers. */
function cachedBy(flow: Dataflow, names: CacheNames["names"], layer: number, layers: number): string {
  const at = names.length === layers ? layer : 2 * layer + 1;
  const { present = "" } = names[at] ?? {};
  if (flow.producer(present) !== undefined) return present;
  let joined = flow.producer("present_rows");
  if (joined?.operator === "Reshape") joined = flow.producer(joined.inputs[0] ?? "");
  return joined?.inputs[at] ?? "";
}
