import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { Graph } from "../src/graph/graph.ts";
import type { DrawMessage } from "../src/protocol/protocol.ts";
import { drawAnswer } from "../src/run/draw-answer.ts";
import { append, copySequence, type Model, newSequence, rewindSequence } from "../src/run/sequence.ts";

/** A graph that records the blocks it is given and runs `during` in each. Logits are zeros. */
function recording(during: (runs: number) => void = () => {}): { model: Model; blocks: number[][]; kept: number[] } {
  const blocks: number[][] = [];
  const kept: number[] = [];
  const session = {
    async run(feeds: Record<string, runtime.Tensor>) {
      const ids = Array.from((feeds["input_ids"] as runtime.Tensor).data as BigInt64Array, Number);
      blocks.push(ids);
      kept.push(Number(((feeds["num_logits_to_keep"] as runtime.Tensor).data as BigInt64Array)[0]));
      during(blocks.length);
      return {
        logits: new runtime.Tensor("float32", new Float32Array(ids.length * 10), [1, ids.length, 10]),
        present_rows: new runtime.Tensor("float32", new Float32Array(2 * ids.length * 4), [2, 1, ids.length, 4]),
      };
    },
  };
  const inputs = [{ name: "num_logits_to_keep", type: "int64", shape: [] }];
  const graph = {
    runtime,
    session,
    inputs,
    outputs: [],
    layers: 1,
    groups: 1,
    headSize: 4,
    precision: "float32",
    newRows: true,
    family: "new-rows",
    hidden: {},
  };
  return {
    model: {
      graph: graph as unknown as Graph,
      name: "recording",
      width: 10,
      vocabulary: 10,
      unused: new Set<number>(),
      contextLength: 400,
    },
    blocks,
    kept,
  };
}

describe("append", () => {
  const tokens = Array.from({ length: 300 }, (_, i) => i % 10);

  test("runs a prompt in chunks of 128, and a single token as two rows", async () => {
    const { model, blocks } = recording();
    const sequence = newSequence();
    await append(model, sequence, tokens, { rows: 1 });
    await append(model, sequence, [3], { rows: 1 });
    assert.deepEqual(blocks, [tokens.slice(0, 128), tokens.slice(128, 256), tokens.slice(256), [3, 3]]);
    assert.deepEqual(sequence.tokens, [...tokens, 3]);
  });

  test("ends runs of a split graph at multiples of 256, and pads no single token beyond one", async () => {
    const { model, blocks } = recording();
    const split = { ...model, graph: { ...model.graph, family: "split" as const } };
    const sequence = newSequence();
    const lengths = async (tokens: number[]) => {
      blocks.length = 0;
      await append(split, sequence, tokens, { rows: tokens.length });
      return blocks.map((block) => block.length);
    };
    assert.deepEqual(await lengths(tokens.slice(0, 250)), [128, 122]);
    assert.deepEqual(await lengths(tokens.slice(0, 17)), [6, 11]);
    sequence.tokens.length = 255;
    assert.deepEqual(await lengths([7]), [2]);
    assert.deepEqual(blocks, [[sequence.tokens[254], 7]]);
    assert.deepEqual(await lengths([8]), [2]);
    assert.deepEqual(blocks, [[8, 8]]);
    sequence.tokens.length = 255;
    assert.deepEqual(await lengths(tokens.slice(0, 17)), [2, 16]);
  });

  test("runs no row alone behind others that attention takes together, at the end of the context either", async () => {
    const { model, blocks } = recording();
    const sequence = newSequence();
    await append(model, sequence, tokens.slice(0, 33), { rows: 33 });
    await append(model, sequence, tokens.slice(33, 60), { rows: 1 });
    const room = { ...model, contextLength: 157 };
    await append(room, sequence, tokens.slice(60, 157), { rows: 1 });
    const end = tokens.slice(59, 157);
    assert.deepEqual(blocks, [[...tokens.slice(0, 33), tokens[32]], tokens.slice(33, 60), end]);
    assert.deepEqual(sequence.tokens, tokens.slice(0, 157));
  });

  test("runs blocks of even lengths if rows are multiplied in pairs, once if there is a token to repeat", async () => {
    const { model, blocks } = recording();
    const pairs = { ...model, graph: { ...model.graph, family: "split" as const, inPairs: true }, contextLength: 301 };
    const sequence = newSequence();
    const lengths = async (tokens: number[]) => {
      blocks.length = 0;
      await append(pairs, sequence, tokens, { rows: tokens.length });
      return blocks.map((block) => block.length);
    };
    assert.deepEqual(await lengths(tokens.slice(0, 231)), [128, 104]);
    assert.deepEqual(await lengths(tokens.slice(0, 25)), [26]);
    assert.equal(blocks[0]?.[0], sequence.tokens[230], "the token before the block");
    // Only the region before has a token that could be repeated, and only the context after has room.
    assert.deepEqual(await lengths(tokens.slice(0, 45)), [44, 2]);
    assert.deepEqual(sequence.tokens.length, 301);
    // A context may end with one token of a region.
    const odd = { ...pairs, contextLength: 257 };
    sequence.tokens.length = 256;
    blocks.length = 0;
    await append(odd, sequence, [7], { rows: 1 });
    assert.deepEqual(blocks, [[sequence.tokens[255], 7]]);
  });

  test("never lets the output matrix see a single row", async () => {
    const { model, kept } = recording();
    for (const rows of [0, 1, 2, 3, 140]) await append(model, newSequence(), tokens.slice(0, 140), { rows });
    await append(model, newSequence(), [3], { rows: 1 });
    assert.deepEqual(kept, [2, 2, 2, 2, 2, 2, 2, 3, 128, 12, 2]);
  });

  test("stops between chunks when cancelled, and forgets the chunks before", async () => {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const { model, blocks } = recording(() => Atomics.store(cancel, 0, 1));
    const sequence = newSequence();
    sequence.tokens.push(1, 2);
    await assert.rejects(append(model, sequence, tokens, { rows: 1, cancel }), { code: "aborted" });
    assert.equal(blocks.length, 1);
    assert.deepEqual(sequence.tokens, [1, 2]);
  });

  test("refuses rows of another width than the vocabulary", async () => {
    const { model } = recording();
    await assert.rejects(append({ ...model, width: 12 }, newSequence(), [1, 2], { rows: 2 }), {
      code: "model_files",
      message: /rows of 10 numbers; expected 12, from config\.json/,
    });
  });

  test("is as it was when ONNX Runtime fails half-way", async () => {
    const { model } = recording((runs) => {
      if (runs === 2) throw new Error("out of memory");
    });
    const sequence = newSequence();
    sequence.tokens.push(1, 2);
    await assert.rejects(append(model, sequence, tokens, { rows: 1 }), /out of memory/);
    assert.deepEqual(sequence.tokens, [1, 2]);
  });
});

describe("a sequence", () => {
  test("copied goes its own way", async () => {
    const { model, blocks } = recording();
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3, 4], { rows: 1 });
    const copy = copySequence(sequence, 2);
    await append(model, copy, [5, 6], { rows: 1 });
    await append(model, sequence, [7, 8], { rows: 1 });
    assert.deepEqual(
      [copy.tokens, sequence.tokens],
      [
        [1, 2, 5, 6],
        [1, 2, 3, 4, 7, 8],
      ],
    );
    assert.deepEqual(blocks, [
      [1, 2, 3, 4],
      [5, 6],
      [7, 8],
    ]);
    assert.equal(copy.cache?.bytes, sequence.cache?.bytes);
  });

  test("is never taken for a longer one than it is", () => {
    const sequence = newSequence();
    sequence.tokens.push(1, 2);
    assert.throws(() => rewindSequence(sequence, 3), /^RangeError: The sequence has 2 tokens; expected at least 3/);
    assert.throws(() => copySequence(sequence, 3), RangeError);
    rewindSequence(sequence, 1);
    assert.deepEqual(sequence.tokens, [1]);
  });
});

describe("drawing in the worker", () => {
  const message: DrawMessage = {
    ...{ type: "draw", session: 0, from: 0, tokens: [3, 4], limit: 8, alone: true },
    ...{ sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 }, uniform: Array(8).fill(0.5) },
  };

  test("runs all tokens but the last one that it draws, single ones alone if they may", async () => {
    for (const alone of [true, false]) {
      const { model, blocks, kept } = recording();
      const sequence = newSequence();
      const { tokens } = await drawAnswer(model, sequence, { ...message, limit: 3, alone }, new Set());
      assert.deepEqual(
        [tokens, sequence.tokens],
        [
          [0, 0, 0],
          [3, 4, 0, 0],
        ],
      );
      assert.deepEqual(
        blocks,
        alone
          ? [[3, 4], [0], [0]]
          : [
              [3, 4],
              [0, 0],
              [0, 0],
            ],
      );
      assert.deepEqual(kept, alone ? [2, 1, 1] : [2, 2, 2]);
    }
  });

  test("stops after a token that ends the answer, and when its time is over", async () => {
    const ending = recording();
    assert.deepEqual(await drawAnswer(ending.model, newSequence(), message, new Set([0])), { tokens: [0] });
    const slow = recording(() => {
      for (const began = performance.now(); performance.now() - began < 6; );
    });
    const { tokens } = await drawAnswer(slow.model, newSequence(), message, new Set());
    assert.ok(tokens.length <= 2, `${tokens.length} tokens`);
  });

  test("returns what it drew before an error, which the next request meets, and fails without a token", async () => {
    const { model } = recording((runs) => {
      if (runs >= 3) throw new Error("no memory");
    });
    const sequence = newSequence();
    const { tokens } = await drawAnswer(model, sequence, message, new Set());
    assert.deepEqual(
      [tokens, sequence.tokens],
      [
        [0, 0],
        [3, 4, 0],
      ],
    );
    await assert.rejects(drawAnswer(model, sequence, { ...message, tokens: [0] }, new Set()), /no memory/);
    assert.deepEqual(sequence.tokens, [3, 4, 0]);
  });
});
