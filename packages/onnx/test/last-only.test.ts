/**
 * Graphs that score only the last position of a block (onnxruntime-genai's prune_lm_head): what they say is right, and
 * no draft is verified with them.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type DecodeOptions, decode, lookupDrafter, modelDrafter, type Token } from "@lenity/core";
import { inspectModel, loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

async function said(prompt: readonly Token[], options: DecodeOptions): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of decode(prompt, { maxTokens: 60, ...options })) {
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  }
  return tokens;
}

const forms: Readonly<Record<string, Form>> = {
  GroupQueryAttention: { hidden: "none" },
  "GroupQueryAttention of float16": { hidden: "none", float16: true },
  "GroupQueryAttention whose new rows cannot be had": { hidden: "none", taken: ["present_rows"] },
  "Optimum's form": { hidden: "none", concat: true, norm: "unfused", keeps: true },
};

for (const [name, form] of Object.entries(forms)) {
  describe(`${name}, with logits of the last position alone`, () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let dir: string;
    let model: OnnxModel;
    let whole: OnnxModel;
    before(async () => {
      folder = await temporaryFolder();
      dir = await writeModel(folder.path, "model");
      await writeForm(dir, "pruned.onnx", small, { ...form, pruned: true });
      await writeForm(dir, "whole.onnx", small, form);
      model = await loadModel(dir, { threads: 1, file: "pruned.onnx" });
      whole = await loadModel(dir, { threads: 1, file: "whole.onnx" });
    });
    after(async () => {
      await Promise.all([model.close(), whole.close()]);
      await folder.remove();
    });

    test("is loaded with a warning, and inspected", async () => {
      assert.deepEqual([model.lastOnly, whole.lastOnly, whole.warnings], [true, false, []]);
      assert.equal(model.warnings.length, 1);
      assert.match(
        model.warnings[0] as string,
        /pruned\.onnx: the graph scores only the last position of a block, .* decodes one token at a time/,
      );
      assert.deepEqual([model.check.blockDifference, model.check.leak, model.check.longest], [0, 0, 40]);
      assert.ok(model.check.spread > 1);
      const { lastOnly, warnings } = await inspectModel(dir, { threads: 1, file: "pruned.onnx" });
      assert.deepEqual([lastOnly, warnings], [true, model.warnings]);
    });

    test("scores the last position of blocks of every length as the whole graph does", async () => {
      const tokens = tokensOf(300, 3);
      const expected = (await (await whole.open()).append(tokens)).logits;
      const rowOf = (at: number) => expected.slice((at - 1) * small.vocabulary, at * small.vocabulary);
      const furthest = (found: Float32Array, at: number) =>
        found.reduce((most, value, i) => Math.max(most, Math.abs(value - (rowOf(at)[i] as number))), 0);
      // A row that runs alone goes another way through the kernels.
      for (const length of [1, 2, 3, 31, 32, 33, 34, 65, 127, 128, 129, 130, 161, 300]) {
        const session = await model.open();
        const { logits } = await session.append(tokens.slice(0, length), { rows: 1 });
        assert.ok(furthest(logits, length) < (form.float16 === true ? 0.1 : 1e-4), `${length}`);
        await session.close();
      }
      const session = await model.open();
      for (const [from, to] of [
        [0, 40],
        [12, 46],
      ] as const) {
        session.rewind(from);
        for (let at = from; at < to; at++) {
          const { logits } = await session.append([tokens[at] as Token]);
          assert.ok(furthest(logits, at + 1) < (form.float16 === true ? 0.1 : 1e-4), `${at}`);
        }
      }
      await session.close();
    });

    test("decodes plainly as the whole graph does, and drafts for it", async () => {
      for (const prompt of [[1, 2], tokensOf(33, 4), tokensOf(130, 5)]) {
        const plain = await said(prompt, { target: whole });
        assert.deepEqual(await said(prompt, { target: model }), plain);
        assert.deepEqual(await said(prompt, { target: model, drafter: lookupDrafter(), draftTokens: 0 }), plain);
        for (const drafter of [onnxDrafter(model), modelDrafter(model)])
          assert.deepEqual(await said(prompt, { target: whole, drafter }), plain);
      }
    });

    test("refuses drafts, and rows that it has not, and says why", async () => {
      await assert.rejects(said([1, 2], { target: model, drafter: onnxDrafter(whole) }), {
        code: "unsupported",
        path: "draftTokens",
        message:
          /model scores only the last position of a block\. Set the number of draft tokens to 0 for plain decoding, or export the model with/,
      });
      const session = await model.open();
      await assert.rejects(session.append([1, 2, 3]), {
        code: "unsupported",
        message: /scores only the last position of a block, but 3 were requested/,
      });
      assert.equal((await session.append([1, 2, 3], { rows: 0 })).rows, 0);
      assert.equal(session.length, 3);
      await session.close();
    });
  });
}

test("a graph whose shapes do not tell that it scores only last positions is found out by running", async () => {
  const folder = await temporaryFolder();
  const dir = await writeModel(folder.path, "model");
  await writeForm(dir, join("onnx", "model.onnx"), small, { pruned: "undeclared" });
  const model = await loadModel(dir, { threads: 1 });
  await model.close();
  assert.equal(model.lastOnly, true);
  assert.equal(model.graph.outputs.find(({ name }) => name === "logits")?.shape[1], "kept");
  await folder.remove();
});
