import type { Tensor } from "onnxruntime-node";
import { cacheTensors } from "../graph/cache-tensors.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "../graph/float-tensors.ts";
import type { CachedGraph } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";

/**
 * The cost of GroupQueryAttention grows with the whole buffer, so buffers are kept close to the rows in use. They grow
 * by this many rows, and are copied when they grow.
 */
const bucket = 128;

/** Buffers, and the number of rows each has room for. */
interface Store {
  readonly capacity: number;
  readonly buffers: readonly Cells[];
}

/**
 * Buffers of `capacity` rows, of which the first are in use: the mask's length tells the graph how many. Rewinding is
 * free; the next block overwrites the rows beyond. The buffers of a sliding window never slide, since there is always
 * room at the end, so rows that left the window can come back.
 */
export function paddedCache(
  graph: CachedGraph,
  most: number,
  source: Store = { capacity: 0, buffers: [] },
  length = 0,
): Cache {
  const { runtime, headSize, precision, family, leastRows = 0 } = graph;
  const { names, groups, shape } = cacheTensors(graph);
  let { capacity, buffers }: Store = { capacity: 0, buffers: [] };
  const feeds: Record<string, Tensor> = {};
  const fetches: Record<string, Tensor | null> = family === "new-rows" ? { present_rows: null } : {};

  /** Copies the first `rows` rows of another store, with room for `length`. If memory runs out, nothing changes. */
  const fill = (from: Store, rows: number, length: number): void => {
    const room = Math.max(leastRows, Math.min(Math.ceil(length / bucket) * bucket, most));
    const filled = names.map((_, index) => {
      const buffer = zeros(precision, groups * room * headSize);
      const old = from.buffers[index];
      const size = from.capacity * headSize;
      for (let group = 0; old !== undefined && group < groups; group++)
        buffer.set(old.subarray(group * size, group * size + rows * headSize), group * room * headSize);
      return buffer;
    });
    for (const [index, { past, present }] of names.entries()) {
      const tensor = tensorOf(runtime, filled[index] as Cells, shape(room));
      feeds[past] = tensor;
      // With the same memory as past and present, GroupQueryAttention writes the new rows in place. This costs a copy
      // of each cache per run, which files with present_rows avoid.
      if (family === "in-place") fetches[present] = tensor;
    }
    capacity = room;
    buffers = filled;
  };
  if (length > 0) fill(source, length, length);

  return {
    prepare(_start, end) {
      if (end > capacity) fill({ capacity, buffers }, capacity, end);
      return { feeds, fetches };
    },
    keep(results, start) {
      if (family === "in-place") return;
      const rows = cellsOf(results["present_rows"] as Tensor);
      const block = rows.length / (names.length * groups);
      let at = 0;
      for (const buffer of buffers) {
        for (let group = 0; group < groups; group++) {
          buffer.set(rows.subarray(at, at + block), (group * capacity + start) * headSize);
          at += block;
        }
      }
    },
    get bytes() {
      return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    },
    copy: (length) => paddedCache(graph, most, { capacity, buffers }, Math.min(length, capacity)),
  };
}
