import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { Cache, Prepared } from "../src/cache/cache.ts";
import { int8Cache } from "../src/cache/int8-cache.ts";
import type { Graph } from "../src/graph/graph.ts";

const [groups, headSize] = [2, 3];
const shape = { runtime, layers: 1, groups, headSize, precision: "float32", int8: true };
const open = (most: number) => int8Cache(shape as unknown as Graph, most);

/** What a cache holds of a token: different for each position, group and column, and for keys and values. */
const cell = (part: number, position: number, group: number, i: number) =>
  ((position * 7 + part * 31 + group * 13 + i * 3) % 251) - 125;

/** Runs the positions from `start` to before `end`. Returns what the run was given. */
function run(cache: Cache, start: number, end: number): Record<string, runtime.Tensor> {
  const { feeds } = cache.prepare(start, end) as Prepared;
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data, type }]) => [name, { dims, data: data.slice(), type }]),
  );
  const rows: number[] = [];
  for (const part of [0, 1]) {
    for (let position = start; position < end; position++) {
      for (let group = 0; group < groups; group++)
        for (let i = 0; i < headSize; i++) rows.push(cell(part, position, group, i));
    }
  }
  const present_rows = new runtime.Tensor("int8", Int8Array.from(rows), [2, end - start, groups, headSize]);
  cache.keep({ present_rows }, start, end);
  return given as unknown as Record<string, runtime.Tensor>;
}

/** Checks that a run at `start` was given all earlier tokens, keys transposed and values as they are. */
function assertGiven(given: Record<string, runtime.Tensor>, start: number): void {
  const frozen = Math.floor(start / 256);
  assert.deepEqual(
    ["past_key_values.0.key", "past_key_values.0.value", "tail_keys.0", "tail_values.0"].map((name) => [
      given[name]?.type,
      given[name]?.dims,
    ]),
    [
      ["int8", [frozen, groups, headSize, 256]],
      ["int8", [frozen, groups, 256, headSize]],
      ["int8", [groups, headSize, 256]],
      ["int8", [groups, 256, headSize]],
    ],
  );
  const data = (name: string) => given[name]?.data as Int8Array;
  const all = (past: string, tail: string) => [...data(past), ...data(tail)];
  const keys = all("past_key_values.0.key", "tail_keys.0");
  const values = all("past_key_values.0.value", "tail_values.0");
  for (let position = 0; position < start; position++) {
    const [region, place] = [Math.floor(position / 256), position % 256];
    for (let group = 0; group < groups; group++) {
      for (let i = 0; i < headSize; i++) {
        const at = region * groups + group;
        assert.equal(keys[(at * headSize + i) * 256 + place], cell(0, position, group, i), `key ${position}`);
        assert.equal(values[(at * 256 + place) * headSize + i], cell(1, position, group, i), `value ${position}`);
      }
    }
  }
}

describe("an int8 cache", () => {
  test("gives whole regions of 256 tokens and the one in which the block begins, after rewinding too", () => {
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
    ] as const)
      assertGiven(run(cache, start, end), start);
  });

  test("is copied with its first rows, and goes its own way", () => {
    const cache = open(2000);
    for (const [start, end] of [
      [0, 256],
      [256, 300],
    ] as const)
      run(cache, start, end);
    const other = cache.copy(280);
    assert.ok(other.bytes > 0 && other.bytes <= cache.bytes);
    assertGiven(run(other, 280, 300), 280);
    const blank = new runtime.Tensor("int8", new Int8Array(2 * 20 * groups * headSize), [2, 20, groups, headSize]);
    cache.keep({ present_rows: blank }, 280, 300);
    assertGiven(run(other, 300, 302), 300);
    const empty = open(2000).copy(0);
    assert.equal(empty.bytes, 0);
    assertGiven(run(empty, 0, 2), 0);
  });

  test("takes a quarter of the bytes of float32, moves a few times at most, and ends with the context", () => {
    const cache = open(3000);
    const sizes = new Set<number>();
    for (let start = 0; start < 2900; start += 10) {
      for (let from = start; from < start + 10; ) {
        const end = Math.min(start + 10, from - (from % 256) + 256);
        run(cache, from, end);
        from = end;
      }
      sizes.add(cache.bytes);
    }
    assert.ok(sizes.size <= 5, `${sizes.size}`);
    assert.ok(cache.bytes <= 2 * groups * headSize * 256 * 12);
  });

  test("is as it was when memory runs out, and grows once there is memory again", () => {
    const cache = open(2000);
    for (const start of [0, 128]) run(cache, start, start + 128);
    const Real = Int8Array;
    for (const granted of [0, 1]) {
      let left = granted;
      globalThis.Int8Array = new Proxy(Real, {
        construct(target, given) {
          if (left-- === 0) throw new RangeError("allocation failed");
          return Reflect.construct(target, given) as object;
        },
      });
      try {
        assert.throws(() => cache.prepare(256, 258), /allocation failed/);
      } finally {
        globalThis.Int8Array = Real;
      }
    }
    assertGiven(run(cache, 250, 256), 250);
    assertGiven(run(cache, 256, 258), 256);
  });
});
