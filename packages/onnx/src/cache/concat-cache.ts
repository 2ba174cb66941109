import { LenityError } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { cacheTensors } from "../graph/cache-tensors.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "../graph/float-tensors.ts";
import type { CachedGraph } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";

/** Memory grows in steps of this many rows. */
const step = 128;

/**
 * The rows of the last run: [tensor, group, rows, head size] from the start of its block, of which the first `kept`
 * count.
 */
interface Fresh {
  readonly cells: Cells;
  readonly rows: number;
  readonly kept: number;
}

/** The first `length` rows of every group, packed. */
interface Packed {
  readonly length: number;
  readonly memories: readonly Cells[];
}

/**
 * Tensors of `length` rows for graphs that join past and block. The length of the past determines the block's position,
 * so it must be exact. Each tensor is packed at the beginning of a larger memory, and its groups are moved when rows
 * are added or dropped. The rows of a run are kept separately until the next run shows how many of them stay, so each
 * round moves rows only once, however much it rewinds.
 */
export function concatCache(graph: CachedGraph, begin?: Packed): Cache {
  const { runtime, headSize, precision, newRows } = graph;
  const { names, groups, shape, rowsShape } = cacheTensors(graph);
  const fetches = Object.fromEntries(
    (newRows ? ["present_rows"] : names.map(({ present }) => present)).map((name) => [name, null]),
  );
  let packed = begin?.length ?? 0;
  let room = packed;
  let memories = begin?.memories ?? names.map(() => zeros(precision, 0));
  let fresh: Fresh | undefined;

  /** Makes every group `length` rows long, keeping the first rows or as many as still fit. */
  const resize = (length: number): void => {
    const [size, before] = [length * headSize, packed * headSize];
    if (length > room) {
      const more = Math.ceil(length / step) * step;
      memories = memories.map((old) => enlarged(old, zeros(precision, groups * more * headSize), groups, before, size));
      room = more; // last, so that nothing changes if memory runs out
    } else if (length !== packed) {
      for (const memory of memories) moveGroups(memory, groups, before, size);
    }
    packed = length;
  };

  return {
    prepare(start) {
      const length = packed;
      resize(start);
      if (fresh !== undefined) addFresh(memories, fresh, start - length, length, start, graph);
      fresh = undefined;
      const feeds = names.map(({ past }, i) => {
        const cells = (memories[i] as Cells).subarray(0, groups * start * headSize);
        return [past, tensorOf(runtime, cells, shape(start))];
      });
      return { feeds: Object.fromEntries(feeds), fetches };
    },
    keep(results, start, end, pad = 0) {
      const expected = (newRows ? rowsShape(end - start) : shape(end)).join(", ");
      const odd = Object.keys(fetches).find((name) => results[name]?.dims.join(", ") !== expected);
      if (odd !== undefined) {
        const found = results[odd]?.dims.join(", ");
        throw new LenityError("model_files", `The model returned ${odd} of shape [${found}]; expected [${expected}].`);
      }
      const cells = newRows ? cellsOf(results["present_rows"] as Tensor) : rowsOf(results, start, end, graph);
      fresh = { cells, rows: end - start, kept: end - start - pad };
    },
    get bytes() {
      return memories.reduce((sum, { byteLength }) => sum + byteLength, 0) + (fresh?.cells.byteLength ?? 0);
    },
    copy(length) {
      const rows = Math.min(length, packed + (fresh?.kept ?? 0));
      const first = Math.min(rows, packed);
      const copied = memories.map((memory) => {
        const copy = zeros(precision, groups * rows * headSize);
        for (let group = 0; group < groups; group++) {
          const from = group * packed * headSize;
          copy.set(memory.subarray(from, from + first * headSize), group * rows * headSize);
        }
        return copy;
      });
      if (fresh !== undefined) addFresh(copied, fresh, rows - first, first, rows, graph);
      return concatCache(graph, { length: rows, memories: copied });
    },
  };
}

/** Copies the groups of the old memory, of `before` cells each, into the larger one, `size` cells apart. */
function enlarged(old: Cells, memory: Cells, groups: number, before: number, size: number): Cells {
  for (let group = 0; group < groups; group++)
    memory.set(old.subarray(group * before, (group + 1) * before), group * size);
  return memory;
}

/** Changes the size of groups from `before` to `size` cells, in place. */
function moveGroups(memory: Cells, groups: number, before: number, size: number): void {
  for (let n = 1; n < groups; n++) {
    // Growing groups move outwards, last group first; shrinking ones move inwards: no rows are overwritten before they
    // are moved.
    const group = size > before ? groups - n : n;
    memory.copyWithin(group * size, group * before, group * before + Math.min(size, before));
  }
}

/**
 * Appends the first `count` fresh rows of every group to its `length` rows, in memories whose groups are `stride` rows
 * apart.
 */
function addFresh(
  memories: readonly Cells[],
  fresh: Fresh,
  count: number,
  length: number,
  stride: number,
  graph: CachedGraph,
): void {
  const { headSize } = graph;
  const { groups } = cacheTensors(graph);
  if (count <= 0) return;
  for (const [n, memory] of memories.entries()) {
    for (let group = 0; group < groups; group++) {
      const from = (n * groups + group) * fresh.rows * headSize;
      memory.set(fresh.cells.subarray(from, from + count * headSize), (group * stride + length) * headSize);
    }
  }
}

/** The block's rows, from a graph that returns past and block. */
function rowsOf(results: Readonly<Record<string, Tensor>>, start: number, end: number, graph: CachedGraph): Cells {
  const { headSize, precision } = graph;
  const { names, groups } = cacheTensors(graph);
  const size = (end - start) * headSize;
  const cells = zeros(precision, names.length * groups * size);
  for (const [n, { present }] of names.entries()) {
    const all = cellsOf(results[present] as Tensor);
    for (let group = 0; group < groups; group++) {
      const first = (group * end + start) * headSize;
      cells.set(all.subarray(first, first + size), (n * groups + group) * size);
    }
  }
  return cells;
}
