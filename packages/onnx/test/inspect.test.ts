import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LanguageModel, Session } from "@lenity/core";
import { selfCheck } from "../src/checks/self-check.ts";
import { inspectModel } from "../src/index.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

describe("inspectModel", () => {
  test("describes a folder as plain data", async () => {
    const dir = await writeModel(folder.path, "model");
    const found = await inspectModel(dir, { threads: 1 });
    assert.deepEqual(JSON.parse(JSON.stringify(found)), found);
    assert.deepEqual(
      found.files.map(({ path }) => path),
      ["config.json", "model.safetensors", "onnx/model.onnx"],
    );
    assert.deepEqual(found.cache, {
      ...{ family: "new-rows", newRows: true, precision: "float32" },
      ...{ layers: 2, groups: 2, headSize: 16, bytesPerToken: 512 },
    });
    assert.deepEqual(found.taps, { added: [], addedInputs: [], missing: [] });
    assert.deepEqual(found.weights, {
      formats: [
        { format: "float16", bytes: 46208 },
        { format: "float32", bytes: 19840 },
      ],
      files: [],
    });
    assert.deepEqual(found.warnings, []);
    assert.deepEqual(found.variants, [{ dtype: "fp32", path: "onnx/model.onnx", loaded: true }]);
    assert.deepEqual([found.vocabulary, found.contextLength, found.eos], [50, 300, [0]]);
    assert.deepEqual(found.hidden, { "pre-norm": small.width, "post-norm": small.width });
    assert.deepEqual(found.inputs[0], { name: "input_ids", type: "int64", shape: [1, "length"] });
    assert.deepEqual(found.outputs[0], { name: "logits", type: "float32", shape: [1, "kept", 50] });
    assert.ok(found.providers.some(({ name, bundled }) => name === "cpu" && bundled));
    assert.deepEqual([found.check.blockDifference, found.check.leak], [0, 0]);
    assert.ok(found.check.spread > 1);
  });
});

test("inspectModel counts the bytes of float16 caches", async () => {
  const dir = await writeModel(folder.path, "half");
  await writeForm(dir, "concat.onnx", small, { concat: true, float16: true });
  const { cache, variants } = await inspectModel(dir, { threads: 1, file: "concat.onnx" });
  assert.deepEqual(cache, {
    ...{ family: "concat", newRows: true, precision: "float16" },
    ...{ layers: 2, groups: 2, headSize: 16, bytesPerToken: 256 },
  });
  assert.deepEqual(variants, [{ dtype: "fp32", path: "onnx/model.onnx", loaded: false }]);
});

describe("selfCheck", () => {
  /** Logits of a position are those of `score`, given the tokens before, the block and the index in it. */
  function modelOf(
    score: (before: readonly number[], block: readonly number[], at: number) => readonly number[],
  ): LanguageModel {
    return {
      name: "table",
      vocabulary: 3,
      contextLength: 10,
      eos: [],
      hidden: {},
      close: async () => {},
      async open(): Promise<Session> {
        const held: number[] = [];
        return {
          get length() {
            return held.length;
          },
          async append(tokens) {
            const logits = Float32Array.from(tokens.flatMap((_, at) => score(held, tokens, at)));
            held.push(...tokens);
            return { rows: tokens.length, logits };
          },
          rewind: (length) => void (held.length = length),
          close() {},
        };
      },
    };
  }

  const same = { blockDifference: 0, singleDifference: 0, leak: 0 };

  test("finds nothing in a model that sees the past alone", async () => {
    const model = modelOf((held, block, at) => [held.length + at, (block[at] ?? 0) / 4, -1]);
    assert.deepEqual(await selfCheck(model), { ...same, spread: 7, longest: 10 });
  });

  test("finds a cache that is not read", async () => {
    const model = modelOf((_, block, at) => [block.slice(0, at + 1).length, 0, 0]);
    assert.equal((await selfCheck(model)).blockDifference, 6);
  });

  test("finds blocks that are wrong from 33 tokens on, in as many as the context holds", async () => {
    const model = modelOf((held, block, at) => [held.length + at, block.length > 32 ? 1 : 0, -1]);
    const long = { ...model, contextLength: 300 };
    assert.deepEqual(await selfCheck(long), {
      ...same,
      blockDifference: 1,
      singleDifference: 1,
      spread: 7,
      longest: 40,
    });
    assert.deepEqual(await selfCheck(long, 7), { ...same, spread: 7, longest: 7 });
  });

  test("finds tokens that give other numbers alone than in a block, also where that begins beyond 128 positions", async () => {
    for (const from of [1, 140]) {
      const model = modelOf((held, block, at) => {
        const position = held.length + at;
        return [position, block.length === 1 && position >= from ? 0.5 : 0, -1];
      });
      const long = { ...model, contextLength: 300 };
      const found = await selfCheck(long);
      assert.equal(found.singleDifference, 0.5, `from ${from} on`);
      assert.equal((await selfCheck(long, 7)).singleDifference, from === 1 ? 0.5 : 0);
    }
  });

  test("refuses NaN in a long block", async () => {
    const model = modelOf((held, _block, at) => [held.length + at > 34 ? Number.NaN : 0, 1, -1]);
    await assert.rejects(selfCheck({ ...model, contextLength: 300 }), {
      code: "bad_logits",
      message: /logits with NaN/,
    });
  });

  test("finds later tokens that change earlier rows", async () => {
    const model = modelOf((_, block) => [(block.at(-1) ?? 0) / 2, 0, 0]);
    assert.ok((await selfCheck(model)).leak >= 0.5);
  });
});
