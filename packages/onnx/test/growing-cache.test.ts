import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { Graph } from "../src/graph.ts";
import { append, type Model, newSequence } from "../src/sequence.ts";

/** A graph whose cache rows are the tokens themselves, so that what it is fed can be read. Logits are zeros. */
function transparent(contextLength: number, before: () => void = () => {}): { model: Model; pasts: number[][] } {
  const pasts: number[][] = [];
  const session = {
    async run(feeds: Record<string, runtime.Tensor>) {
      before();
      const past = [...((feeds["past_key_values.0.key"] as runtime.Tensor).data as Float32Array)];
      const ids = Array.from((feeds["input_ids"] as runtime.Tensor).data as BigInt64Array, Number);
      pasts.push(past);
      // Two groups, each with its own rows; those of the second are negative.
      const held = past.length / 2;
      const first = [...past.slice(0, held), ...ids];
      const second = [...past.slice(held), ...ids.map((id) => -id)];
      const present = () => new runtime.Tensor("float32", Float32Array.from([...first, ...second]), [1, 2, first.length, 1]);
      const logits = new runtime.Tensor("float32", new Float32Array(ids.length * 50), [1, ids.length, 50]);
      return { logits, "present.0.key": present(), "present.0.value": present() };
    },
  };
  const shape = { layers: 1, groups: 2, headSize: 1, precision: "float32", newRows: false, family: "concat", hidden: {} };
  const graph = { runtime, session, inputs: [], outputs: [], ...shape } as unknown as Graph;
  return { model: { graph, name: "transparent", vocabulary: 50, contextLength }, pasts };
}

describe("a growing cache", () => {
  test("is fed exactly the rows of the tokens before the block", async () => {
    const { model, pasts } = transparent(40);
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3], { rows: 1 });
    await append(model, sequence, [4], { rows: 1 });
    await append(model, sequence, [5], { rows: 1 });
    await append(model, sequence, [6, 7], { rows: 1 });
    sequence.tokens.length = 2;
    await append(model, sequence, [8, 9], { rows: 1 });
    await append(model, sequence, [10], { rows: 1 });
    assert.deepEqual(pasts, [
      [],
      [1, 2, 3, -1, -2, -3],
      [1, 2, 3, 4, -1, -2, -3, -4],
      [1, 2, 3, 4, 5, -1, -2, -3, -4, -5],
      [1, 2, -1, -2],
      [1, 2, 8, 9, -1, -2, -8, -9],
    ]);
  });

  test("runs the last token of a context with the one before it, again too when that fails", async () => {
    let broken = false;
    const { model, pasts } = transparent(4, () => {
      if (broken) throw new Error("out of memory");
    });
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3], { rows: 1 });
    broken = true;
    await assert.rejects(append(model, sequence, [4], { rows: 1 }), /out of memory/);
    broken = false;
    await append(model, sequence, [4], { rows: 1 });
    sequence.tokens.length = 3;
    await append(model, sequence, [7], { rows: 1 });
    sequence.tokens.length = 1;
    await append(model, sequence, [8, 9], { rows: 1 });
    assert.deepEqual(pasts, [[], [1, 2, -1, -2], [1, 2, -1, -2], [1, -1]]);
  });

  test("refuses a cache that is not one block longer", async () => {
    const { model } = transparent(40);
    const wrong = { ...model, graph: { ...model.graph, groups: 3 } };
    await assert.rejects(append(wrong, newSequence(), [1, 2], { rows: 1 }), {
      code: "model_files",
      message: /cache of shape \[1, 2, 2, 1\]; expected \[1, 3, 2, 1\]/,
    });
  });
});
