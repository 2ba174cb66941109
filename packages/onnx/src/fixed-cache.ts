import type { Tensor } from "onnxruntime-node";
import { type Cache, cacheParts } from "./cache.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "./cells.ts";
import type { Graph } from "./graph.ts";

/** GroupQueryAttention pays for the whole buffer at each step, so buffers stay near what is used. */
const bucket = 128;

/**
 * Buffers [1, groups, capacity, head size] whose first rows are used: the mask's length tells the graph how many. Rewinding costs nothing; the
 * rows beyond are overwritten by the next block.
 */
export function fixedCache({ runtime, layers, groups, headSize, precision, family }: Graph, most: number): Cache {
  const parts = cacheParts(layers);
  let capacity = 0;
  let buffers: readonly Cells[] = [];
  const feeds: Record<string, Tensor> = {};
  const fetches: Record<string, Tensor | null> = family === "new-rows" ? { present_rows: null } : {};

  const grow = (length: number): void => {
    const room = Math.min(Math.ceil(length / bucket) * bucket, most);
    buffers = parts.map((part, index) => {
      const buffer = zeros(precision, groups * room * headSize);
      const old = buffers[index];
      const size = capacity * headSize;
      for (let group = 0; old !== undefined && group < groups; group++)
        buffer.set(old.subarray(group * size, (group + 1) * size), group * room * headSize);
      const tensor = tensorOf(runtime, buffer, [1, groups, room, headSize]);
      feeds[`past_key_values.${part}`] = tensor;
      // The same memory as past and as present: GroupQueryAttention then writes the new rows in place. It costs a copy of each cache per run,
      // which files with present_rows save.
      if (family === "in-place") fetches[`present.${part}`] = tensor;
      return buffer;
    });
    capacity = room;
  };

  return {
    prepare(_start, end) {
      if (end > capacity) grow(end);
      return { feeds, fetches };
    },
    keep(results, start) {
      if (family === "in-place") return;
      const rows = cellsOf(results["present_rows"] as Tensor);
      const block = rows.length / (parts.length * groups);
      let at = 0;
      for (const buffer of buffers) {
        for (let group = 0; group < groups; group++) {
          buffer.set(rows.subarray(at, at + block), (group * capacity + start) * headSize);
          at += block;
        }
      }
    },
  };
}
