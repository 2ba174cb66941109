import type { Tensor } from "onnxruntime-node";
import type { CachedGraph } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";
import { region } from "./split-cache.ts";

/**
 * Buffers of int8 for graphs of attention-int8.ts: whole regions, in each of which the keys are transposed. A run is
 * given the regions before its own, and its own with whatever is in there beyond its start: rewinding is free.
 */
export function int8Cache(graph: CachedGraph, most: number, source: readonly Int8Array[] = []): Cache {
  const { runtime, layers, groups, headSize } = graph;
  const width = groups * headSize;
  /** Bytes of a region. */
  const size = region * width;
  let buffers = source.map((buffer) => buffer.slice());

  /** Makes room for so many tokens, or for twice as many as before: even a long text is copied only a few times. */
  const reserve = (tokens: number): void => {
    const room = (buffers[0]?.length ?? 0) / size;
    const needed = Math.ceil(tokens / region);
    if (needed <= room) return;
    const regions = Math.max(needed, Math.min(2 * room, Math.ceil(most / region)));
    // If memory runs out, nothing changes.
    buffers = Array.from({ length: 2 * layers }, (_, part) => {
      const buffer = new Int8Array(regions * size);
      buffer.set(buffers[part] ?? []);
      return buffer;
    });
  };

  /** Feeds of one part, whose regions have this shape. */
  const parts = (part: number, frozen: number, shape: readonly number[]): readonly [Tensor, Tensor] => {
    const buffer = buffers[part] as Int8Array;
    return [
      new runtime.Tensor("int8", buffer.subarray(0, frozen * size), [frozen, ...shape]),
      new runtime.Tensor("int8", buffer.subarray(frozen * size, (frozen + 1) * size), shape),
    ];
  };

  return {
    prepare(start, end) {
      reserve(end);
      const frozen = Math.floor(start / region);
      const feeds: Record<string, Tensor> = {};
      for (let n = 0; n < layers; n++) {
        const [keys, tailKeys] = parts(2 * n, frozen, [groups, headSize, region]);
        const [values, tailValues] = parts(2 * n + 1, frozen, [groups, region, headSize]);
        feeds[`past_key_values.${n}.key`] = keys;
        feeds[`past_key_values.${n}.value`] = values;
        feeds[`tail_keys.${n}`] = tailKeys;
        feeds[`tail_values.${n}`] = tailValues;
      }
      return { feeds, fetches: { present_rows: null } };
    },
    keep(results, start, end) {
      const rows = (results["present_rows"] as Tensor).data as Int8Array;
      const begin = Math.floor(start / region) * size;
      for (const [part, buffer] of buffers.entries()) {
        let from = part * (end - start) * width;
        for (let place = start % region; place < (start % region) + end - start; place++) {
          for (let group = 0; group < groups; group++, from += headSize) {
            if (part % 2 === 1) {
              buffer.set(rows.subarray(from, from + headSize), begin + (group * region + place) * headSize);
              continue;
            }
            const to = begin + group * headSize * region + place;
            for (let i = 0; i < headSize; i++) buffer[to + i * region] = rows[from + i] as number;
          }
        }
      }
    },
    get bytes() {
      return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    },
    copy: (length) =>
      int8Cache(
        graph,
        most,
        buffers.map((buffer) => buffer.subarray(0, Math.ceil(length / region) * size)),
      ),
  };
}
