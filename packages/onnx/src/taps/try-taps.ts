/** Runs a graph and checks its outputs for judges and caches. */
import type { ByHiddenKind, HiddenKind } from "@lenity/core";
import { layerOf } from "@lenity/core/internal";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { openCache } from "../cache/open-cache.ts";
import { probeTokens } from "../checks/probe-tokens.ts";
import { blockFeeds } from "../graph/block-feeds.ts";
import { cacheTensors } from "../graph/cache-tensors.ts";
import { cellsOf, toFloat32 } from "../graph/float-tensors.ts";
import type { CachedGraph, Graph } from "../graph/graph.ts";
import { firstLine } from "../onnx-file/first-line.ts";
import { isNormOf } from "./is-norm-of.ts";

/** Which outputs can be used, and why the others cannot. */
export interface Tried {
  readonly hidden: Graph["hidden"];
  readonly newRows: boolean;
  readonly missing: readonly string[];
}

/**
 * Checks that hidden states are what their names say (a row for each token and, where there are states on both sides of
 * a norm, one the norm of the other) and returns their widths. `present_rows` must equal the last rows of the first and
 * the last cache, without a past and with one.
 */
export async function tryTaps(
  graph: CachedGraph,
  names: ByHiddenKind<string>,
  { width, contextLength }: { readonly width: number; readonly contextLength: number },
): Promise<Tried> {
  const states = Object.entries(names) as [HiddenKind, string][];
  if (states.length === 0 && !graph.newRows) return { hidden: {}, newRows: false, missing: [] };
  const tokens = probeTokens(Math.min(10, contextLength), width);
  const border = Math.min(8, contextLength);
  const cache = openCache(graph, contextLength);
  const run = async (start: number, end: number, outputs: readonly string[]): Promise<InferenceSession.ReturnType> => {
    const { feeds } = await cache.prepare(start, end);
    // Requests fewer rows of logits than tokens, since states that are cut to those rows as well are useless.
    const block = blockFeeds(graph, tokens.slice(start, end), start, 2);
    return graph.session.run({ ...feeds, ...block }, [...new Set(outputs)]);
  };
  // A graph that returns only its new rows has nothing to compare them with; the self-check tests them.
  const comparable = graph.newRows && graph.family !== "split";
  const caches = comparable ? ["present_rows", ...endsOf(graph)] : [];
  try {
    const first = await run(0, border, [...states.map(([, output]) => output), ...caches]);
    const { hidden, missing } = tryStates(states, border, first);
    if (!comparable) return { hidden, newRows: graph.newRows, missing };
    let newRows = areLastRows(graph, first, 0, border);
    if (newRows && border < tokens.length) {
      cache.keep(first, 0, border);
      newRows = areLastRows(graph, await run(border, tokens.length, caches), border, tokens.length);
    }
    if (!newRows)
      missing.push("New cache rows cannot be fetched separately: present_rows differs from the rows of present.");
    return { hidden, newRows, missing };
  } catch (error) {
    const outputs = [...states.map(([, output]) => output), ...(graph.newRows ? ["present_rows"] : [])];
    return {
      hidden: {},
      newRows: false,
      missing: [`${outputs.join(", ")}: not available, because a first run failed: ${firstLine(error)}.`],
    };
  }
}

/** The first and the last cache. */
function endsOf(graph: CachedGraph): readonly string[] {
  const { names } = cacheTensors(graph);
  return [...new Set([names[0], names.at(-1)].map((name) => name?.present as string))];
}

/** Whether `present_rows` equals the rows from `start` to before `end` of the returned caches. */
function areLastRows(graph: CachedGraph, results: InferenceSession.ReturnType, start: number, end: number): boolean {
  const { headSize } = graph;
  const { names, groups, axis, rowsShape } = cacheTensors(graph);
  const rows = results["present_rows"];
  if (rows?.dims.join() !== rowsShape(end - start).join()) return false;
  const size = (end - start) * headSize;
  return endsOf(graph).every((name) => {
    const cache = results[name];
    if (cache === undefined) return false;
    const room = cache.dims[axis] as number;
    const which = names.findIndex(({ present }) => present === name);
    const [found, expected] = [cellsOf(rows), cellsOf(cache)];
    return Array.from({ length: groups }, (_, group) => group).every((group) => {
      const at = (which * groups + group) * size;
      const from = (group * room + start) * headSize;
      return found.subarray(at, at + size).every((cell, i) => cell === expected[from + i]);
    });
  });
}

/** The states that pass, and why others do not. */
function tryStates(
  states: readonly (readonly [HiddenKind, string])[],
  length: number,
  results: InferenceSession.ReturnType,
): { readonly hidden: Graph["hidden"]; readonly missing: string[] } {
  const missing: string[] = [];
  const pairs = [...Map.groupBy(states, ([kind]) => layerOf(kind))];
  const passed = pairs.flatMap(([layer, pair]) => {
    const why = stateFault(pair, length, results);
    if (why === undefined) return pair;
    missing.push(`${layer === undefined ? "Hidden" : `layer-${layer} hidden`} states are not available: ${why}.`);
    return [];
  });
  const widths = passed.map(([kind, output]) => [kind, { output, width: results[output]?.dims.at(-1) ?? 0 }]);
  return { hidden: Object.fromEntries(widths), missing };
}

/** Why the states before and after a norm, or those that there are, are not what their names say. */
function stateFault(
  pair: readonly (readonly [HiddenKind, string])[],
  length: number,
  results: InferenceSession.ReturnType,
): string | undefined {
  for (const [, output] of pair) {
    const { dims = [], size = 0 } = results[output] ?? {};
    if (size !== length * (dims.at(-1) ?? 0) || size === 0)
      return `${output} has the shape [${dims.join(", ")}] for ${length} tokens, not one row per token`;
  }
  const isAfter = ([kind]: readonly [HiddenKind, string]) => kind === "post-norm" || /\d-norm$/.test(kind);
  const [before, after] = [pair.find((state) => !isAfter(state))?.[1], pair.find(isAfter)?.[1]];
  if (before === undefined || after === undefined) return undefined;
  const [x, y] = [results[before], results[after]] as [Tensor, Tensor];
  if (isNormOf(toFloat32(cellsOf(y)), toFloat32(cellsOf(x)), y.dims.at(-1) as number)) return undefined;
  return `${after} is not the norm of ${before}, so either may not be the state that its name says`;
}
