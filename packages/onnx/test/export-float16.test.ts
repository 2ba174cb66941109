/** Exports that compute in float16, for GPUs. A processor runs them too, so these tests do. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { InferenceSession } from "onnxruntime-node";
import { differenceOf } from "../src/checks/compare-devices.ts";
import { exportDecoder, exportDrafter, loadModel } from "../src/index.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { scriptedScores } from "../src/testing/scripted-scores.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

describe("exportDecoder with compute float16", () => {
  test("keeps logits, hidden states and caches in float16", async () => {
    const dir = await writeModel(folder.path, "types");
    const session = await InferenceSession.create(await exportDecoder(dir, { compute: "float16" }));
    const floats = [...session.inputMetadata, ...session.outputMetadata].filter(
      (port) => port.isTensor && port.type.startsWith("float"),
    );
    assert.ok(floats.some(({ name }) => name === "logits") && floats.length > 4 * small.layers);
    for (const port of floats) assert.equal(port.isTensor && port.type, "float16", port.name);
    await session.release();
  });

  test("computes what float32 does to within 1 % of what the logits span, in blocks and after rewinding", async () => {
    const dir = await writeModel(folder.path, "close");
    const files = { float32: "wide.onnx", float16: "half.onnx" } as const;
    const scores = [];
    for (const [compute, file] of Object.entries(files) as ["float32" | "float16", string][]) {
      await exportDecoder(dir, { compute, file });
      const model = await loadModel(dir, { file, threads: 1 });
      scores.push(await scriptedScores(model, tokensOf(60), tokensOf(60, 2), "pre-norm"));
      await model.close();
    }
    const difference = differenceOf(scores[1] ?? [], scores[0] ?? []);
    assert.ok(difference > 0 && difference < 0.01, `They differ by ${difference}.`);
  });

  test("has GroupQueryAttention in long contexts too, whose caches can stay on a GPU", async () => {
    const dir = await writeModel(folder.path, "long", { ...small, context: 4096 });
    const session = await InferenceSession.create(await exportDecoder(dir, { compute: "float16" }));
    assert.ok(session.inputNames.includes("past_key_values.0.key"));
    assert.ok(!session.inputNames.some((name) => name.startsWith("tail_values")));
    await session.release();
  });

  test("is refused with weights, attention and caches that do not compute in float16, saying which", async () => {
    const dir = await writeModel(folder.path, "refused");
    await assert.rejects(exportDecoder(dir, { compute: "float16", weights: "float32" }), {
      name: "TypeError",
      message: "compute is float16 with weights float32; float16 is computed only with weights float16.",
    });
    await assert.rejects(exportDecoder(dir, { compute: "float16", attention: "split" }), {
      name: "TypeError",
      message: /^compute is float16 with attention split, .*; expected gqa and float32\.$/,
    });
    await assert.rejects(exportDecoder(dir, { compute: "float16", cacheType: "int8" }), {
      name: "TypeError",
      message: /^compute is float16 with cacheType int8, .*; expected gqa and float32\.$/,
    });
    await assert.rejects(exportDrafter(dir, { compute: "float16" }), {
      code: "unsupported",
      message: "A drafter file runs on the CPU; export it without compute float16.",
    });
  });
});
