import type { Token } from "@lenity/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { blockFeeds } from "../graph/block-feeds.ts";
import { cellsOf, type Precision, tensorOf, zeros } from "../graph/float-tensors.ts";
import type { Graph } from "../graph/graph.ts";
import { isLone } from "../graph/row-tiles.ts";
import { batchNames, cacheInputs } from "./batch-names.ts";
import type { Pass, Results } from "./pass.ts";

/** A graph for several sequences. */
export interface BatchGraph {
  readonly session: InferenceSession;
  /** The most sequences of a run. */
  readonly slots: number;
}

/** Runs passes of different sequences at once, at most as many as the graph has slots. Returns the results of each. */
export async function runBatch(graph: Graph, batch: BatchGraph, passes: readonly Pass[]): Promise<readonly Results[]> {
  const { runtime, layers, groups, headSize, precision, family } = graph;
  const rows = passes.flatMap(({ tokens }) => tokens);
  // A spare row, so that the last one does not run alone.
  if (isLone(rows.length, graph.inPairs)) rows.push(rows.at(-1) as Token);
  const outputs = new Set(passes.flatMap(({ outputs }) => outputs));
  const feeds = {
    ...blockFeeds(graph, rows, 0, 0),
    ...sequenceFeeds(graph, batch, passes, rows.length),
  };
  const known = new Set(batch.session.inputNames);
  const needed = Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name)));
  const fetches = Object.fromEntries([...outputs, "present_rows"].map((name) => [name, null]));
  const results = await batch.session.run(needed, fetches);
  let first = 0;
  return passes.map(({ tokens, outputs }) => {
    const count = tokens.length;
    const own: Record<string, Tensor> = {};
    for (const name of outputs) own[name] = rowsOf(runtime, results[name] as Tensor, first, count);
    // The rows of a part lie together in split caches, else those of a group.
    const [parts, width] = family === "split" ? [2 * layers, groups * headSize] : [2 * layers * groups, headSize];
    const kept = zeros(precision, parts * count * width);
    const all = cellsOf(results["present_rows"] as Tensor);
    for (let part = 0; part < parts; part++) {
      const from = (part * rows.length + first) * width;
      kept.set(all.subarray(from, from + count * width), part * count * width);
    }
    const shape = family === "split" ? [2 * layers, count, groups, headSize] : [2 * layers, groups, count, headSize];
    own["present_rows"] = tensorOf(runtime, kept, shape);
    first += count;
    return own;
  });
}

/** Rows of an output [1, rows, width]. */
function rowsOf(runtime: Graph["runtime"], tensor: Tensor, first: number, count: number): Tensor {
  const width = tensor.dims[2] as number;
  return tensorOf(runtime, cellsOf(tensor).subarray(first * width, (first + count) * width), [1, count, width]);
}

/**
 * The feeds that tell the sequences apart. A slot without a sequence attends with the first row, to itself alone; a
 * spare row at the end attends with none, and takes what the first row has attended to.
 */
function sequenceFeeds(
  { runtime, layers, groups, headSize, precision, family }: Graph,
  { slots }: BatchGraph,
  passes: readonly Pass[],
  rows: number,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  const positions: number[] = [];
  const attending: number[] = [];
  const attended: number[] = [];
  const lengths: number[] = [];
  const numbers = (name: string, values: readonly number[], shape: readonly number[] = [values.length]) => {
    feeds[name] = new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  };
  const isSplit = family === "split";
  const empty = emptyCache(runtime, precision, isSplit ? [1, groups, headSize] : [1, groups, 1, headSize]);
  const noTail = emptyCache(runtime, precision, [0, groups, headSize]);
  for (let slot = 0; slot < slots; slot++) {
    const pass = passes[slot];
    const start = pass?.start ?? 0;
    const before = attending.length;
    for (let at = 0; pass !== undefined && at < pass.tokens.length; at++) {
      attended.push(attending.length);
      attending.push(positions.length);
      positions.push(start + at);
    }
    if (pass === undefined) attending.push(0);
    else if (pass.doubled) attending.push(positions.length - 1);
    const length = attending.length - before;
    lengths.push(length);
    feeds[batchNames.last(slot)] = new runtime.Tensor("int32", Int32Array.of(start + length - 1), [1]);
    feeds[batchNames.total(slot)] = new runtime.Tensor("int32", Int32Array.of(start + length), []);
    for (const name of cacheInputs(layers, isSplit))
      feeds[batchNames.own(slot, name)] = pass?.caches[name] ?? (name.startsWith("tail_") ? noTail : empty);
  }
  while (positions.length < rows) {
    positions.push(0);
    attended.push(0);
  }
  numbers(batchNames.positions, positions, [1, positions.length]);
  numbers(batchNames.attending, attending);
  numbers(batchNames.attended, attended);
  numbers(batchNames.lengths, lengths);
  return feeds;
}

function emptyCache(runtime: Graph["runtime"], precision: Precision, shape: readonly number[]): Tensor {
  return tensorOf(
    runtime,
    zeros(
      precision,
      shape.reduce((product, size) => product * size),
    ),
    shape,
  );
}
