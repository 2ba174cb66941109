import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { Cache, Prepared } from "../src/cache/cache.ts";
import { splitCache } from "../src/cache/split-cache.ts";
import type { Graph } from "../src/graph/graph.ts";

const shape = { runtime, layers: 1, groups: 2, headSize: 1, precision: "float32" };
const open = (most: number) => splitCache(shape as unknown as Graph, most);

/**
 * Runs the positions from `start` to before `end`: the keys of position p are p, those of its values p + 1/2. Returns
 * what the run was given.
 */
function run(cache: Cache, start: number, end: number): Record<string, runtime.Tensor> {
  const { feeds } = cache.prepare(start, end) as Prepared;
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data, type }]) => [name, { dims, data, type }]),
  );
  const rows = Array.from({ length: end - start }, (_, i) => [start + i, start + i]).flat();
  const present_rows = new runtime.Tensor("float32", Float32Array.from([...rows, ...rows.map((row) => row + 0.5)]), [
    2,
    end - start,
    2,
    1,
  ]);
  cache.keep({ present_rows }, start, end);
  return given as unknown as Record<string, runtime.Tensor>;
}

const numbers = (tensor: runtime.Tensor | undefined) => Array.from(tensor?.data as Float32Array);
const pairs = (from: number, to: number, more = 0) =>
  Array.from({ length: 2 * (to - from) }, (_, i) => from + (i >> 1) + more);

describe("a split cache", () => {
  test("gives all keys, and the values in two parts that meet at a multiple of 256", () => {
    const cache = open(2000);
    for (const [start, end] of [
      [0, 128],
      [128, 256],
      [256, 300],
      [300, 302],
      [270, 290],
      [255, 256],
      [256, 512],
      [512, 513],
    ] as const) {
      const {
        "past_key_values.0.key": keys,
        "past_key_values.0.value": values,
        "tail_values.0": tail,
      } = run(cache, start, end);
      const border = start - (start % 256);
      assert.deepEqual(numbers(keys), [0, 0, ...pairs(0, start)]);
      assert.deepEqual(numbers(values), [0, 0, ...pairs(0, border, 0.5)]);
      assert.deepEqual(numbers(tail), pairs(border, start, 0.5));
      assert.deepEqual(
        [keys?.dims, tail?.dims],
        [
          [start + 1, 2, 1],
          [start - border, 2, 1],
        ],
      );
    }
  });

  test("is copied with its first rows, and goes its own way", () => {
    const cache = open(2000);
    run(cache, 0, 300);
    const other = cache.copy(280);
    assert.ok(other.bytes > 0 && other.bytes <= cache.bytes);
    run(cache, 270, 290);
    run(other, 280, 300);
    for (const one of [cache, other]) {
      assert.deepEqual(numbers(run(one, 290, 292)["past_key_values.0.key"]), [0, 0, ...pairs(0, 290)]);
      assert.deepEqual(numbers(run(one, 270, 272)["tail_values.0"]), pairs(256, 270, 0.5));
    }
    const empty = open(2000).copy(0);
    assert.equal(empty.bytes, 0);
    assert.deepEqual(numbers(run(empty, 0, 2)["past_key_values.0.key"]), [0, 0]);
  });

  test("moves its rows a few times at most, and has no more room than the context", () => {
    const cache = open(3000);
    const memories = new Set<ArrayBufferLike>();
    for (let start = 0; start < 2900; start += 10) {
      const keys = run(cache, start, start + 10)["past_key_values.0.key"]?.data as Float32Array;
      memories.add(keys.buffer);
      assert.ok(keys.buffer.byteLength <= 3001 * 2 * 4);
    }
    assert.ok(memories.size <= 5, `${memories.size}`);
  });
});
