import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { seeded } from "@lenity/core";
import { openTensors } from "@lenity/onnx/testing";
import * as tiny from "@lenity/tiny";
import { storedBytes, storedSize } from "../gguf-blocks.ts";
import { exportGguf, pairedRows } from "../gguf-llama.ts";
import { half, readGguf } from "./read-gguf.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-gguf-"));
after(() => rm(folder, { recursive: true }));
const model = fileURLToPath(tiny.draft);
const [width, headSize] = [128, 64];

describe("a GGUF file of the draft model", () => {
  test("describes it, and has its weights bit for bit in f32", async () => {
    const file = join(folder, "f32.gguf");
    await exportGguf(model, file, "f32");
    const { values, tensors } = readGguf(file);
    const of = (key: string) => values.get(key);
    assert.deepEqual(
      [of("general.architecture"), of("llama.block_count"), of("llama.rope.freq_base")],
      ["llama", 2, 1e4],
    );
    assert.deepEqual([of("llama.attention.head_count"), of("llama.attention.head_count_kv")], [2, 1]);
    assert.equal(of("tokenizer.ggml.eos_token_id"), 0);
    assert.equal((of("tokenizer.ggml.tokens") as string[])[0], "<|end|>");
    assert.equal(tensors.size, 2 + 2 * 9);
    const weights = await openTensors(model);
    const down = weights.find("model.layers.1.mlp.down_proj.weight", [width, 384])();
    const stored = tensors.get("blk.1.ffn_down.weight");
    assert.deepEqual([stored?.ne, stored?.type], [[384, width], 0]);
    assert.ok(down.every((value, i) => stored?.bytes.getFloat32(4 * i, true) === value));
    weights.close();
  });

  test("keeps the embedding in 8 bits where the rest has 4, and vectors in float32", async () => {
    const file = join(folder, "q4_0.gguf");
    await exportGguf(model, file, "q4_0");
    const { tensors } = readGguf(file);
    const types = ["token_embd", "output_norm", "blk.0.attn_q"].map((name) => tensors.get(`${name}.weight`)?.type);
    assert.deepEqual(types, [8, 0, 2]);
  });
});

test("queries and keys in llama.cpp's order, rotated as it does, have the same products", () => {
  const random = seeded(3);
  const [queries, keys] = [0, 1].map(() => Float32Array.from({ length: 2 * headSize }, () => random() - 0.5));
  const half = headSize / 2;
  const angle = (i: number, position: number) => position * 10_000 ** (-i / half);
  /** Rotates pair i of each head, whose two rows are at these places. */
  const rotated = (vector: Float32Array, position: number, places: (i: number) => readonly [number, number]) => {
    const out = new Float32Array(vector.length);
    for (let head = 0; head < 2; head++) {
      for (let i = 0; i < half; i++) {
        const [a, b] = places(i).map((place) => head * headSize + place) as [number, number];
        const [x, y, turn] = [vector[a] as number, vector[b] as number, angle(i, position)];
        out[a] = x * Math.cos(turn) - y * Math.sin(turn);
        out[b] = x * Math.sin(turn) + y * Math.cos(turn);
      }
    }
    return out;
  };
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
  const halves = (i: number) => [i, i + half] as const;
  const pairs = (i: number) => [2 * i, 2 * i + 1] as const;
  const right = product(rotated(queries as Float32Array, 9, halves), rotated(keys as Float32Array, 4, halves));
  const [q, k] = [queries, keys].map((rows) => pairedRows(rows as Float32Array, 2, headSize));
  const ours = product(rotated(q as Float32Array, 9, pairs), rotated(k as Float32Array, 4, pairs));
  assert.ok(Math.abs(ours - right) < 1e-5, `${ours} ${right}`);
});

describe("blocks of 32 numbers", () => {
  const random = seeded(5);
  const values = Float32Array.from({ length: 32 * 40 }, () => 3 * (random() - 0.5));
  /** Whether no other number of its block is larger in magnitude. */
  const isLargest = (i: number) => {
    const start = i - (i % 32);
    return values.subarray(start, start + 32).every((other) => Math.abs(other) <= Math.abs(values[i] as number));
  };

  test("in q8_0 are within half a step of a 127th of the largest", () => {
    const view = new DataView(storedBytes("q8_0", values).buffer);
    for (const [i, value] of values.entries()) {
      const at = Math.floor(i / 32) * 34;
      const scale = half(view.getUint16(at, true));
      const read = scale * view.getInt8(at + 2 + (i % 32));
      // The scale itself is rounded to 11 bits.
      assert.ok(Math.abs(read - value) <= scale * (0.5 + 127 * 2 ** -11), `${read} ${value}`);
      if (isLargest(i)) assert.equal(Math.abs(read), 127 * scale);
    }
  });

  test("in q4_0 are within half a step, and on the other side of the largest within one", () => {
    const view = new DataView(storedBytes("q4_0", values).buffer);
    for (const [i, value] of values.entries()) {
      const [at, place] = [Math.floor(i / 32) * 18, i % 32];
      const scale = half(view.getUint16(at, true));
      const byte = view.getUint8(at + 2 + (place % 16));
      const read = scale * ((place < 16 ? byte & 15 : byte >>> 4) - 8);
      const limit = value / scale > 7 ? 1 : 0.5;
      assert.ok(Math.abs(read - value) <= Math.abs(scale) * (limit + 8 * 2 ** -11), `${read} ${value}`);
      if (isLargest(i)) assert.equal(read, -8 * scale);
    }
  });

  test("of zeros stay zeros, and rows that are not whole blocks are refused", () => {
    assert.ok(storedBytes("q8_0", new Float32Array(32)).every((byte) => byte === 0));
    assert.throws(() => storedSize("q4_0", 33), RangeError);
  });
});
