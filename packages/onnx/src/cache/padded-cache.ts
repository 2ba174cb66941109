import type { Tensor } from "onnxruntime-node";
import { cacheTensors } from "../graph/cache-tensors.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "../graph/float-tensors.ts";
import type { CachedGraph } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";

/**
 * GroupQueryAttention pays for the whole buffer at each step, so buffers stay near what is used. Growing copies it once
 * more, in one step of many.
 */
const bucket = 128;

/** Buffers, and how many rows each has room for. */
interface Store {
  readonly capacity: number;
  readonly buffers: readonly Cells[];
}

/**
 * Buffers of `capacity` rows whose first are used: the mask's length tells the graph how many. Rewinding costs nothing;
 * the rows beyond are overwritten by the next block. A sliding window's buffers never slide, since there is always room
 * behind: what it has left can come back.
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

  /**
   * Takes over the first `rows` rows of another store, with room for `length`. Where memory runs out, everything stays
   * as it is.
   */
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
      // The same memory as past and as present: GroupQueryAttention then writes the new rows in place. It costs a copy
      // of each cache per run, which files with present_rows save.
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
