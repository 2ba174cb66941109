import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import * as runtime from "onnxruntime-node";
import type { Graph } from "../src/graph/graph.ts";
import { append, type Model, newSequence } from "../src/run/sequence.ts";

/** A graph whose cache rows are the tokens themselves, so that what it is fed can be read. Logits are zeros. */
function transparent(
  contextLength: number,
  newRows: boolean,
  before: () => void = () => {},
): { model: Model; pasts: number[][] } {
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
      const present = () =>
        new runtime.Tensor("float32", Float32Array.from([...first, ...second]), [1, 2, first.length, 1]);
      const logits = new runtime.Tensor("float32", new Float32Array(ids.length * 50), [1, ids.length, 50]);
      if (!newRows) return { logits, "present.0.key": present(), "present.0.value": present() };
      const rows = Float32Array.from([...ids, ...ids.map((id) => -id)]);
      return {
        logits,
        present_rows: new runtime.Tensor("float32", Float32Array.from([...rows, ...rows]), [2, 2, ids.length, 1]),
      };
    },
  };
  const shape = { layers: 1, groups: 2, headSize: 1, precision: "float32", newRows, family: "concat", hidden: {} };
  const graph = { runtime, session, inputs: [], outputs: [], ...shape } as unknown as Graph;
  return {
    model: { graph, name: "transparent", width: 50, vocabulary: 50, unused: new Set<number>(), contextLength },
    pasts,
  };
}

for (const [how, newRows] of [
  ["the new rows", true],
  ["past and new rows", false],
] as const) {
  describe(`a growing cache of a graph that returns ${how}`, () => {
    test("is fed exactly the rows of the tokens before the block", async () => {
      const { model, pasts } = transparent(40, newRows);
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
      const { model, pasts } = transparent(4, newRows, () => {
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

    test("is fed the right rows through random growth and rewinding, across borders of its memory", async () => {
      const random = seeded(3);
      const { model, pasts } = transparent(700, newRows);
      const sequence = newSequence();
      for (let n = 0; n < 200; n++) {
        sequence.tokens.length = Math.floor(
          sequence.tokens.length * (random() < 0.05 || sequence.tokens.length > 600 ? random() : 1),
        );
        const before = [...sequence.tokens];
        const block = Array.from({ length: 1 + Math.floor(random() * 12) }, () => 1 + Math.floor(random() * 49));
        await append(model, sequence, block, { rows: 1 });
        assert.deepEqual(pasts.at(-1), [...before, ...before.map((token) => -token)]);
      }
      assert.ok(sequence.tokens.length > 0 && pasts.some(({ length }) => length > 2 * 256));
    });

    test("refuses rows of another shape than the block's", async () => {
      const { model } = transparent(40, newRows);
      const wrong = { ...model, graph: { ...model.graph, groups: 3 } };
      const message = newRows
        ? /present_rows of shape \[2, 2, 2, 1\]; expected \[2, 3, 2, 1\]/
        : /present\.0\.key of shape \[1, 2, 2, 1\]; expected \[1, 3, 2, 1\]/;
      await assert.rejects(append(wrong, newSequence(), [1, 2], { rows: 1 }), { code: "model_files", message });
    });
  });
}
