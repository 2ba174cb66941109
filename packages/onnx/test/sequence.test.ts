import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { Graph } from "../src/graph.ts";
import { append, type Model, newSequence } from "../src/sequence.ts";

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
  return { model: { graph: graph as unknown as Graph, name: "recording", vocabulary: 10, contextLength: 400 }, blocks, kept };
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
    await assert.rejects(append({ ...model, vocabulary: 12 }, newSequence(), [1, 2], { rows: 2 }), {
      code: "model_files",
      message: /rows of 10 numbers; config\.json lets expect 12/,
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
