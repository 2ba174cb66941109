/** What a step moves: by whose memory the runs are given, and by counting the numbers that JavaScript copies. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { CacheFamily } from "../src/graph/cache-shape.ts";
import type { Graph } from "../src/graph/graph.ts";
import { append, type Model, newSequence } from "../src/run/sequence.ts";

const [layers, groups, headSize, contextLength] = [2, 4, 8, 600];
/** Numbers of one token's row in all layers, keys and values. */
const row = 2 * layers * groups * headSize;
const parts = Array.from({ length: layers }, (_, n) => [`${n}.key`, `${n}.value`]).flat();

interface Run {
  /** The memory of each cache that the run was given. */
  readonly memories: readonly ArrayBufferLike[];
  /** Numbers that were copied since the run before. */
  readonly moved: number;
}

let moved = 0;
const { set, copyWithin } = Float32Array.prototype;
beforeEach(() => {
  moved = 0;
  Float32Array.prototype.set = function (this: Float32Array, source: ArrayLike<number>, offset?: number) {
    moved += source.length;
    set.call(this, source, offset);
  };
  Float32Array.prototype.copyWithin = function (this: Float32Array, target: number, start: number, end = this.length) {
    moved += end - start;
    return copyWithin.call(this, target, start, end) as Float32Array<ArrayBuffer>;
  };
});
afterEach(() => Object.assign(Float32Array.prototype, { set, copyWithin }));

/** A model of that family that computes nothing and writes down what each run was given. */
function recording(family: CacheFamily, newRows: boolean): { model: Model; runs: Run[] } {
  const runs: Run[] = [];
  const session = {
    async run(feeds: Record<string, runtime.Tensor>) {
      const caches = parts.map((part) => feeds[`past_key_values.${part}`] as runtime.Tensor);
      runs.push({ memories: caches.map(({ data }) => (data as Float32Array).buffer), moved });
      moved = 0;
      const length = feeds["input_ids"]?.dims[1] ?? 0;
      const zeros = (...dims: number[]) =>
        new runtime.Tensor("float32", new Float32Array(dims.reduce((a, b) => a * b)), dims);
      const results: Record<string, runtime.Tensor> = {};
      const past = caches[0]?.dims[2] ?? 0;
      if (newRows)
        results["present_rows"] = zeros(parts.length * groups, length, headSize).reshape([
          parts.length,
          groups,
          length,
          headSize,
        ]);
      else for (const part of parts) results[`present.${part}`] = zeros(1, groups, past + length, headSize);
      return results;
    },
  };
  const shape = { layers, groups, headSize, precision: "float32", newRows, family, hidden: {} };
  const graph = { runtime, session, inputs: [], outputs: [], ...shape } as unknown as Graph;
  return {
    model: { graph, name: "recording", width: 5, vocabulary: 5, unused: new Set<number>(), contextLength },
    runs,
  };
}

/** The runs of so many single steps after that many tokens. */
async function steps(family: CacheFamily, newRows: boolean, held: number, count: number): Promise<Run[]> {
  const { model, runs } = recording(family, newRows);
  const sequence = newSequence();
  await append(model, sequence, new Array<number>(held).fill(1), { rows: 0 });
  runs.length = 0;
  for (let n = 0; n < count; n++) await append(model, sequence, [1], { rows: 0 });
  return runs;
}

/** How often a run was given other memory than the one before. */
const changes = (runs: readonly Run[]): number =>
  runs.filter(({ memories }, n) => n > 0 && memories.some((memory, part) => memory !== runs[n - 1]?.memories[part]))
    .length;

describe("a hundred single steps", () => {
  for (const [family, rows] of [
    ["new-rows", 2],
    ["in-place", 0],
    ["split", 2],
  ] as const) {
    test(`of the family ${family} move ${rows === 0 ? "nothing" : "new rows alone"}, but at a border of their buffers`, async () => {
      // The last of those before ends at 120: rows are given room up to 128, and then up to 256.
      const runs = await steps(family, family !== "in-place", 120, 100);
      assert.equal(runs.length, 100);
      assert.equal(changes(runs), family === "split" ? 0 : 1);
      const distinct = new Set(runs.flatMap(({ memories }) => memories));
      assert.equal(distinct.size, parts.length * (family === "split" ? 1 : 2));
      // A single token runs as two rows; what the run before copied is counted with the next.
      const quiet = runs.slice(1).filter(({ moved }) => moved === rows * row);
      assert.equal(quiet.length, family === "split" ? 99 : 98);
    });
  }

  for (const newRows of [true, false]) {
    test(`of the family concat that returns ${newRows ? "new rows" : "all rows"} keep their buffers, and move every group but the first once`, async () => {
      const runs = await steps("concat", newRows, 120, 100);
      assert.equal(changes(runs), 1);
      for (const [n, { moved }] of runs.entries()) {
        const past = 120 + n;
        // The first grows from nothing, and at 129 rows all move into more room.
        if (n === 0 || past === 129) continue;
        const between = (past - 1) * row * ((groups - 1) / groups);
        assert.equal(moved, between + row + (newRows ? 0 : 2 * row), `at ${past}`);
      }
    });
  }
});

test("a round of the family concat that keeps some of its block moves the groups once", async () => {
  const { model, runs } = recording("concat", true);
  const sequence = newSequence();
  await append(model, sequence, new Array<number>(60).fill(1), { rows: 0 });
  for (let n = 0; n < 5; n++) {
    await append(model, sequence, new Array<number>(8).fill(1), { rows: 0 });
    sequence.tokens.length -= 5;
  }
  for (const [n, { moved }] of runs.entries()) {
    if (n > 1) assert.equal(moved, (60 + 3 * (n - 2)) * row * ((groups - 1) / groups) + 3 * row);
  }
});
