/**
 * Models on ONNX Runtime's WebGPU against the same on its CPU, wherever there is an adapter. Without a GPU, Chromium's
 * SwiftShader is one: VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json (Debian's packages chromium and
 * libvulkan1). LENITY_WEBGPU=required has them fail instead of skip where there is none.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  complete,
  type Drafter,
  decode,
  defaultRegistry,
  type HiddenKind,
  logitsEvidence,
  type Reading,
  type Scores,
  sampling,
  type Token,
} from "@lenity/core";
import { plainReadings } from "@lenity/core/testing";
import * as runtime from "onnxruntime-node";
import { skipFor } from "../../../../test/skips.ts";
import { differenceOf } from "../../src/checks/compare-devices.ts";
import { openOnDevice } from "../../src/device/open-on-device.ts";
import { loadRequest } from "../../src/engine/load-request.ts";
import { isSound } from "../../src/evidence/block-scorer.ts";
import { evidenceGraph } from "../../src/evidence/evidence-graph.ts";
import { describeModel } from "../../src/folder/describe-model.ts";
import { openFolder } from "../../src/folder/open-folder.ts";
import { exportDecoder, inspectModel, loadModel, loadTokenizer, type OnnxModel, onnxDrafter } from "../../src/index.ts";
import { graphBuilder } from "../../src/onnx-file/graph-builder.ts";
import { scanOnnx } from "../../src/onnx-file/scan-file.ts";
import { openFile } from "../../src/open/open-file.ts";
import { openGraph, sessionOptions } from "../../src/open/open-graph.ts";
import { smallSession } from "../../src/open/small-session.ts";
import { append, newSequence, rewindSequence } from "../../src/run/sequence.ts";
import { type Form, writeForm } from "../../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../../src/testing/random-llama.ts";
import { scriptedScores } from "../../src/testing/scripted-scores.ts";
import { probeWebgpu } from "./adapter.ts";

const probed = await probeWebgpu();
/** Why these tests cannot run here, or false. */
const skip = skipFor("models on WebGPU", probed.fault);
const required = process.env["LENITY_WEBGPU"] === "required";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** A session that stays open keeps what the adapter has compiled for others. */
let open: Awaited<ReturnType<typeof smallSession>> | undefined;
before(async () => {
  folder = await temporaryFolder();
  if (skip !== false) return;
  const graph = graphBuilder("open");
  graph.input("in", "float32", [1]);
  graph.output("out", "float32", [1]);
  graph.node("Neg", ["in"], ["out"]);
  open = await smallSession(runtime, graph, { executionProviders: ["webgpu"] });
});
after(async () => {
  await open?.release();
  await folder.remove();
});

/** A model of random weights in float32, since not every adapter computes float16. */
async function writeWide(name: string, shape = small): Promise<string> {
  const dir = await writeModel(folder.path, name, shape);
  await exportDecoder(dir, { weights: "float32" });
  return dir;
}

/** What both devices score, with the hidden states before the final norm and after the first layer, if there are any. */
async function scores(model: OnnxModel): Promise<Scores[]> {
  const kinds = (["pre-norm", "layer-1"] as const).filter((kind) => model.hidden[kind] !== undefined);
  const scored = (kind?: HiddenKind) => scriptedScores(model, tokensOf(60), tokensOf(60, 2), kind);
  if (kinds.length === 0) return scored();
  const parts: Scores[] = [];
  for (const kind of kinds) parts.push(...(await scored(kind)));
  return parts;
}

/** Forms of one model, and how far WebGPU may be off, as a share of what the numbers span. */
const file = "form.onnx";
const forms: Readonly<Record<string, { readonly form: Form | "split"; readonly off: number }>> = {
  GroupQueryAttention: { form: { weights: "float32" }, off: 1e-5 },
  "Optimum's form": { form: { concat: true, norm: "unfused", weights: "float32" }, off: 1e-5 },
  "key and value in one tensor": {
    form: { concat: true, norm: "unfused", combined: true, weights: "float32" },
    off: 1e-5,
  },
  "inputs of int32, sizes by name": { form: { int32: true, named: "both", weights: "float32" }, off: 1e-5 },
  "split attention, whose caches stay in memory": { form: "split", off: 1e-5 },
  "4-bit matrices": { form: { weights: "4-bit" }, off: 0.02 },
};

test("WebGPU opens where LENITY_WEBGPU requires it", {
  skip: !required && "LENITY_WEBGPU does not require it.",
}, () => {
  if (probed.fault !== undefined) assert.fail(`LENITY_WEBGPU is required. ${probed.fault} ${probed.remedy ?? ""}`);
});

describe("on WebGPU", { skip }, () => {
  for (const [name, { form, off }] of Object.entries(forms)) {
    test(`${name}: logits and hidden states are the CPU's, in whole prompts, in blocks and after rewinding`, async () => {
      const dir = await writeModel(folder.path, name);
      if (form === "split") await exportDecoder(dir, { attention: "split", weights: "float32", file });
      else await writeForm(dir, file, small, form);
      const models = await Promise.all(
        (["cpu", "webgpu"] as const).map((device) => loadModel(dir, { file, device, threads: 1, hidden: ["layer-1"] })),
      );
      try {
        const [expected, found] = await Promise.all(models.map(scores));
        const difference = differenceOf(found ?? [], expected ?? []);
        assert.ok(difference <= off, `It differs by ${difference}.`);
        assert.equal(models[1]?.device.name, "webgpu");
        assert.equal(models[1]?.hidden["layer-1"], small.width);
        assert.deepEqual(models[0]?.device, { name: "cpu", why: "No other device was requested." });
      } finally {
        await Promise.all(models.map((model) => model.close()));
      }
    });
  }

  test("a graph that scores only last positions says there what it says on the CPU", async () => {
    const dir = await writeModel(folder.path, "pruned");
    await writeForm(dir, file, small, { pruned: true, weights: "float32" });
    const models = await Promise.all(
      (["cpu", "webgpu"] as const).map((device) => loadModel(dir, { file, device, threads: 1 })),
    );
    try {
      const said = models.map(async (target) => {
        const tokens: Token[] = [];
        for await (const event of decode(tokensOf(33), { target, maxTokens: 20 })) {
          if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
        }
        return tokens;
      });
      const [expected, found] = await Promise.all(said);
      assert.deepEqual(found, expected);
      assert.deepEqual([models[1]?.device.name, models[1]?.lastOnly], ["webgpu", true]);
    } finally {
      await Promise.all(models.map((model) => model.close()));
    }
  });

  test("sliding caches are refused there, with what to do", async () => {
    const dir = await writeModel(folder.path, "sliding");
    await writeForm(dir, file, small, { window: 32, sliding: true, weights: "float32" });
    await assert.rejects(loadModel(dir, { file, device: "webgpu", threads: 1 }), {
      code: "unsupported",
      message:
        /^sliding cannot run on webgpu: it has sliding caches \(sliding_window_cache\), which only the CPU supports\. .*windowed_kv_cache=false/,
    });
  });

  test("a session takes over what an earlier one has left, shared or whole, and scores as it did", async () => {
    const dir = await writeWide("kept");
    const model = await loadModel(dir, { device: "webgpu", threads: 1 });
    try {
      const text = tokensOf(60);
      const first = await model.open({ prompt: text });
      const { logits } = await first.append(text.slice(0, 50));
      await first.close();
      assert.ok((model.engines[0]?.keptBytes ?? 0) > 0);
      for (const length of [25, 48]) {
        const prompt = [...text.slice(0, length), ...tokensOf(8, 3)];
        const session = await model.open({ prompt });
        assert.equal(session.length, length);
        await session.rewind(20);
        const again = await session.append(text.slice(20, 24));
        assert.ok(
          differenceOf([again], [{ logits: logits.subarray(20 * small.vocabulary, 24 * small.vocabulary) }]) <= 1e-5,
        );
        await session.close();
      }
    } finally {
      await model.close();
    }
  });

  test("caches, logits and hidden states stay on the device; what is read of them is fetched, what is not is freed", async () => {
    const dir = await writeWide("placed");
    const file = join(dir, "onnx/model.onnx");
    const folder = await openFolder(dir);
    const request = loadRequest(await describeModel(folder, { name: "placed" }), {
      file,
      threads: 1,
      spin: 500,
      device: "webgpu",
    });
    const { graph } = await openGraph(runtime, request);
    const there = await openOnDevice({ ...request, drafter: undefined, graph }, "webgpu", (options) =>
      openFile(runtime, scanOnnx(file), { ...sessionOptions(request), ...options }),
    );
    const runs: string[][] = [];
    const run = there.graph.session.run as (
      ...args: readonly unknown[]
    ) => Promise<runtime.InferenceSession.ReturnType>;
    there.graph.session.run = async (...args: readonly unknown[]) => {
      const results = await run(...args);
      runs.push(Object.entries(results).map(([name, { location }]) => `${name.split(".")[0]} ${location}`));
      return results;
    };
    const sequence = newSequence();
    try {
      const { logits } = await append(there, sequence, tokensOf(20), { rows: 20, hidden: "pre-norm" });
      assert.equal(logits.length, 20 * small.vocabulary);
      rewindSequence(sequence, 12);
      await append(there, sequence, tokensOf(4), { rows: 0 });
      assert.equal(runs.length, 2);
      const cropped = Object.values((await sequence.cache?.prepare(10, 11))?.feeds ?? {});
      assert.deepEqual(
        new Set(cropped.map(({ location, dims }) => `${location} ${dims[2]}`)),
        new Set(["gpu-buffer 10"]),
      );
      const [first, second] = runs.map((outputs) => [...new Set(outputs)].sort());
      assert.deepEqual(first, ["hidden_states gpu-buffer", "logits gpu-buffer", "present gpu-buffer"]);
      // Nothing was read of the second run.
      assert.deepEqual(second, ["present gpu-buffer"]);
    } finally {
      sequence.cache?.dispose?.();
      await Promise.all([graph.session.release(), there.graph.session.release()]);
    }
  });

  test("the numbers of drafted blocks are computed there, and are those of the rows", async () => {
    const dir = await writeWide("numbers");
    const model = await loadModel(dir, { device: "webgpu", threads: 1 });
    const readings = new Set<Reading>([
      "argmax",
      "raw confidence",
      "raw entropy",
      "raw kl",
      "raw probability",
      "processed probability",
    ]);
    try {
      for (const length of [2, 9, 40]) {
        const block = tokensOf(length);
        const [plain, scoring] = [await model.open(), await model.open()];
        const { logits } = await plain.append(block);
        const settings = sampling({ temperature: 0.7 });
        const target = logitsEvidence(logits, model.vocabulary, settings);
        const own = logits.slice(model.vocabulary);
        const expected = plainReadings(
          readings,
          target,
          block.slice(1),
          logitsEvidence(own, model.vocabulary, settings),
        );
        assert.ok(scoring.score !== undefined);
        const scored = await scoring.score(block, { readings, temperature: 0.7, drafterLogits: own });
        for (const reading of readings) {
          const tested = length - (/(kl| probability)$/.test(reading) ? 1 : 0);
          for (let at = 0; at < tested; at++)
            assert.ok(
              Math.abs((scored.readings[reading]?.[at] as number) - (expected[reading]?.[at] as number)) < 1e-4,
              reading,
            );
        }
        assert.ok(
          differenceOf(
            [{ logits: (await scored.row?.(length - 1)) ?? new Float32Array(0) }],
            [{ logits: target.logits(length - 1) }],
          ) < 1e-5,
        );
        await Promise.all([plain.close(), scoring.close()]);
      }
    } finally {
      await model.close();
    }
  });

  test("logits that are no numbers show there too", async () => {
    const rows = 4;
    const graph = evidenceGraph({ readings: ["argmax"], width: 40, vocabulary: 40, precision: "float32", gaps: false });
    const session = await smallSession(runtime, graph, { executionProviders: ["webgpu"] });
    const int64 = (values: readonly number[], shape: readonly number[]) =>
      new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
    const logits = Float32Array.from({ length: rows * 40 }, (_, i) => Math.sin(i));
    logits[40 + 7] = Number.NaN;
    logits[120 + 39] = Number.POSITIVE_INFINITY;
    const { readings } = await session.run({
      logits: new runtime.Tensor("float32", logits, [1, rows, 40]),
      tokens: int64([1, 2, 3, 0], [rows, 1]),
      cooling: new runtime.Tensor("float32", Float32Array.of(1), [1]),
    });
    const [highest, sum] = [0, 1].map((row) =>
      ((readings as runtime.Tensor).data as Float32Array).slice(row * rows, (row + 1) * rows),
    );
    const sound = Array.from({ length: rows }, (_, at) => isSound(highest?.[at] as number, sum?.[at] as number));
    assert.deepEqual(sound, [true, false, true, false]);
    await session.release();
  });

  test("the embedded pair says there what it says on the CPU, under strict and judi, and as much of the draft is accepted", {
    timeout: 180_000,
  }, async () => {
    const [targetDir, draftDir] = ["target", "draft"].map((name) => join(folder.path, `embedded-${name}`)) as [
      string,
      string,
    ];
    for (const [name, dir] of [
      ["target", targetDir],
      ["draft", draftDir],
    ] as const) {
      await cp(new URL(`../../../tiny/${name}/`, import.meta.url), dir, { recursive: true });
      await exportDecoder(dir, { weights: "float32" });
    }
    const tokenizer = await loadTokenizer(targetDir);
    const prompt =
      "<|user|>Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?<|end|><|assistant|>";
    const answers: unknown[] = [];
    for (const device of ["cpu", "webgpu"] as const) {
      const target = await loadModel(targetDir, { device, drafter: false });
      const draft = await loadModel(draftDir, { device, threads: 1, drafter: device === "webgpu", draftsFor: target });
      try {
        assert.deepEqual([target.device.name, draft.device.name], [device, device]);
        if (device === "webgpu") {
          assert.match(draft.graph.missing.at(-1) ?? "", /^The drafter file is not used on webgpu/);
          assert.ok(draft.device.why.endsWith(` ${draft.graph.missing.at(-1)}`), draft.device.why);
        }
        const said = [];
        for (const policy of ["strict", "judi"]) {
          const verifier = defaultRegistry().create(policy);
          const { text, counters: all } = await complete(prompt, {
            target,
            tokenizer,
            verifier,
            drafter: onnxDrafter(draft),
            draftTokens: verifier.draftTokens,
            maxTokens: 60,
          });
          assert.match(text, /3 \* 4 = 12/);
          // At temperature 0 the probabilities stay on the device.
          const { overshoot, ...counters } = all;
          assert.equal(overshoot !== undefined, device === "cpu" && policy === "judi");
          said.push([text, counters]);
        }
        answers.push(said);
      } finally {
        await Promise.all([target.close(), draft.close()]);
      }
    }
    assert.deepEqual(answers[1], answers[0]);
  });

  test("a target and a draft model, each in a thread of its own, decode as the target alone", async () => {
    const target = await loadModel(await writeWide("target"), { device: "webgpu", threads: 1 });
    const draft = await loadModel(await writeWide("draft", { ...small, layers: 1 }), { device: "webgpu", threads: 1 });
    try {
      const [, ...both] = await Promise.all([
        answer(draft, undefined, 12),
        answer(target, onnxDrafter(draft), 12),
        answer(target, undefined, 12),
      ]);
      assert.deepEqual(both[0], both[1]);
    } finally {
      await Promise.all([target.close(), draft.close()]);
    }
  });

  test("inspecting tells the device, that the cache is its own, and what is not exact to the bit", async () => {
    const { check, warnings, device, numbers, cache } = await inspectModel(await writeWide("warned"), {
      device: "webgpu",
      threads: 1,
    });
    assert.deepEqual([device.name, numbers], ["webgpu", true]);
    assert.deepEqual([cache.family, cache.newRows], ["concat", false]);
    assert.ok(check.blockDifference < check.spread / 1e4);
    assert.equal(warnings.length, check.blockDifference === 0 ? 0 : 1);
    for (const warning of warnings)
      assert.match(warning, /model\.onnx: on webgpu .* strict verification equals plain decoding only up to that/);
  });

  test("a model with float16 parts runs, or is refused with what to take where the adapter computes none", async () => {
    const dir = await writeModel(folder.path, "halves");
    await writeForm(dir, file, small, { float16: true });
    const loaded = await loadModel(dir, { file, device: "webgpu", threads: 1 }).catch((error: Error) => error);
    if (loaded instanceof Error) {
      assert.match(
        loaded.message,
        /^halves cannot run on webgpu: .*requires f16.* Use a variant without float16, such as one written by lenity export --weights float32, or the device cpu/,
      );
      return;
    }
    await loaded.close();
    assert.equal(loaded.device.name, "webgpu");
  });

  test("auto takes it only where it is faster", async () => {
    const { device, close } = await loadModel(await writeWide("auto"), { device: "auto", threads: 1 });
    await close();
    assert.match(device.why, /(A block of eight tokens|a matrix product) takes .* there and .* on the CPU/);
  });
});

/** A greedy answer to a prompt of twenty tokens. */
async function answer(target: OnnxModel, drafter: Drafter | undefined, maxTokens: number): Promise<Token[]> {
  const said: Token[] = [];
  for await (const event of decode(tokensOf(20), { target, drafter, draftTokens: 4, maxTokens })) {
    if (event.type === "round") said.push(...event.tokens.map(({ token }) => token));
  }
  return said;
}
