import { LenityError } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { type Cache, cacheParts } from "./cache.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "./cells.ts";
import type { CachedGraph } from "./graph.ts";

/** Memory grows by this many rows at a time. */
const step = 128;

/**
 * Tensors [1, groups, length, head size] for graphs that join past and block: the past's length says where the block stands, so it must be exact.
 * Each lies packed at the beginning of a larger memory; when rows come or go, the groups' rows are moved within it.
 */
export function growingCache(graph: CachedGraph, begin?: { readonly held: number; readonly memories: readonly Cells[] }): Cache {
  const { runtime, layers, groups, headSize, precision, newRows } = graph;
  const parts = cacheParts(layers);
  const fetches = Object.fromEntries((newRows ? ["present_rows"] : parts.map((part) => `present.${part}`)).map((name) => [name, null]));
  let held = begin?.held ?? 0;
  let room = held;
  let memories = begin?.memories ?? parts.map(() => zeros(precision, 0));

  /** Makes every group `length` rows long: the first `held` of them, or as many as still fit, stay. */
  const resize = (length: number): void => {
    const [size, before] = [length * headSize, held * headSize];
    if (length > room) {
      room = Math.ceil(length / step) * step;
      memories = memories.map((old) => {
        const memory = zeros(precision, groups * room * headSize);
        for (let group = 0; group < groups; group++) memory.set(old.subarray(group * before, (group + 1) * before), group * size);
        return memory;
      });
    } else {
      for (const memory of memories) {
        for (let n = 1; n < groups; n++) {
          // What grows moves outwards, the last group first, and what shrinks inwards: no rows are overwritten before they moved.
          const group = size > before ? groups - n : n;
          memory.copyWithin(group * size, group * before, group * before + Math.min(size, before));
        }
      }
    }
    held = length;
  };

  return {
    prepare(start) {
      if (start < held) resize(start);
      const shape = [1, groups, start, headSize];
      const feeds = parts.map((part, i) => {
        const past = (memories[i] as Cells).subarray(0, groups * start * headSize);
        return [`past_key_values.${part}`, tensorOf(runtime, past, shape)];
      });
      return { feeds: Object.fromEntries(feeds), fetches };
    },
    keep(results, start, end, pad = 0) {
      const wanted = newRows ? [parts.length, groups, end - start, headSize] : [1, groups, end, headSize];
      const odd = Object.keys(fetches).find((name) => results[name]?.dims.join() !== wanted.join());
      if (odd !== undefined) {
        const found = results[odd]?.dims.join(", ");
        throw new LenityError("model_files", `The model returned ${odd} of shape [${found}]; expected [${wanted.join(", ")}].`);
      }
      const kept = end - pad;
      resize(kept);
      parts.forEach((part, i) => {
        // The block's rows alone, or those of past and block.
        const rows = cellsOf(results[newRows ? "present_rows" : `present.${part}`] as Tensor);
        const [first, length, skip] = newRows ? [i * groups, end - start, 0] : [0, end, start];
        for (let group = 0; group < groups; group++) {
          const from = ((first + group) * length + skip) * headSize;
          (memories[i] as Cells).set(rows.subarray(from, from + (kept - start) * headSize), (group * kept + start) * headSize);
        }
      });
    },
    get bytes() {
      return memories.reduce((sum, { byteLength }) => sum + byteLength, 0);
    },
    copy(length) {
      const rows = Math.min(length, held);
      const [size, before] = [rows * headSize, held * headSize];
      const copied = memories.map((memory) => {
        const copy = zeros(precision, groups * size);
        for (let group = 0; group < groups; group++) copy.set(memory.subarray(group * before, group * before + size), group * size);
        return copy;
      });
      return growingCache(graph, { held: rows, memories: copied });
    },
  };
}
