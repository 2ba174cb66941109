import type { Tensor } from "onnxruntime-node";
import { cacheParts } from "../graph/cache-tensors.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "../graph/float-tensors.ts";
import type { CachedGraph } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";

/**
 * Tokens per region. The values of earlier regions are frozen, so that a token's region, not its block, decides how its
 * sums are grouped. No run crosses from one region into the next. Smaller regions need more runs, larger ones more
 * copying of the tail in the graph.
 */
export const region = 256;

/**
 * Buffers [rows, groups, head size], whose first rows are passed to a run: rewinding is free. Row 0 is zero; token n
 * has row n + 1.
 */
export function splitCache(graph: CachedGraph, most: number, source: readonly Cells[] = []): Cache {
  const { runtime, layers, groups, headSize, precision } = graph;
  const width = groups * headSize;
  let capacity = 0;
  let buffers: readonly Cells[] = [];

  /**
   * Copies these rows to buffers with room for `rows` rows, or for twice the old capacity if that is more, so that even
   * a long text is copied only a few times. If memory runs out, nothing changes.
   */
  const fill = (from: readonly Cells[], rows: number): void => {
    const room = Math.min(Math.max(rows, 2 * capacity, region), most + 1);
    buffers = cacheParts(layers).map((_, part) => {
      const buffer = zeros(precision, room * width);
      buffer.set(from[part] ?? []);
      return buffer;
    });
    capacity = room;
  };
  if (source.length > 0) fill(source, (source[0] as Cells).length / width);
  const view = (buffer: Cells | undefined, from: number, to: number): Tensor =>
    tensorOf(runtime, (buffer as Cells).subarray(from * width, to * width), [to - from, groups, headSize]);

  return {
    prepare(start, end) {
      if (1 + end > capacity) fill(buffers, 1 + end);
      const frozen = 1 + start - (start % region);
      const feeds: Record<string, Tensor> = {};
      for (let n = 0; n < layers; n++) {
        feeds[`past_key_values.${n}.key`] = view(buffers[2 * n], 0, 1 + start);
        feeds[`past_key_values.${n}.value`] = view(buffers[2 * n + 1], 0, frozen);
        feeds[`tail_values.${n}`] = view(buffers[2 * n + 1], frozen, 1 + start);
      }
      return { feeds, fetches: { present_rows: null } };
    },
    keep(results, start, end) {
      const rows = cellsOf(results["present_rows"] as Tensor);
      const block = (end - start) * width;
      for (const [part, buffer] of buffers.entries())
        buffer.set(rows.subarray(part * block, (part + 1) * block), (1 + start) * width);
    },
    get bytes() {
      return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    },
    copy: (length) =>
      splitCache(
        graph,
        most,
        buffers.map((buffer) => buffer.subarray(0, (1 + length) * width)),
      ),
  };
}
