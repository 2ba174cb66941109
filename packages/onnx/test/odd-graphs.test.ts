/**
 * What other programs leave open or do in ways of their own: sizes by name, caches that slide, arithmetic that a
 * processor has not.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import { openOnDevice } from "../src/device/open-on-device.ts";
import { inspectModel, loadModel, type OnnxModel } from "../src/index.ts";
import { scanOnnx } from "../src/onnx-file/scan-file.ts";
import { findSizes } from "../src/open/cache-sizes.ts";
import type { Model } from "../src/run/sequence.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { configOf, small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

let copies = 0;
/** A model of that form, with these settings alone in its config.json. */
async function formed(form: Form, config: object = configOf(small)): Promise<string> {
  const dir = await writeModel(folder.path, `model-${copies++}`);
  await writeForm(dir, join("onnx", "model.onnx"), small, { hidden: "none", ...form });
  await writeFile(join(dir, "config.json"), JSON.stringify(config));
  return dir;
}

async function using<T>(dir: string, use: (model: OnnxModel) => Promise<T> | T): Promise<T> {
  const model = await loadModel(dir, { threads: 1 });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

const logitsOf = async (model: OnnxModel, tokens: readonly number[]) =>
  (await (await model.open()).append(tokens)).logits;

describe("a cache whose sizes have names in place of numbers", () => {
  const { vocab_size, max_position_embeddings } = configOf(small);
  const bare = { vocab_size, max_position_embeddings };
  const forms: Readonly<Record<string, Form>> = {
    GroupQueryAttention: {},
    "GroupQueryAttention without a table of positions": { positions: true },
    "sliding caches": { window: 32, sliding: true },
    "key and value in one tensor": { combined: true },
    "Optimum's form": { concat: true, norm: "unfused" },
  };
  for (const [name, form] of Object.entries(forms)) {
    for (const named of ["head size", "both"] as const) {
      test(`of ${name} is found by running, whatever the configuration says of it (${named})`, async () => {
        const tokens = tokensOf(50);
        const expected = await using(await formed(form), (model) => logitsOf(model, tokens));
        for (const config of [
          bare,
          { ...bare, hidden_size: 96, num_attention_heads: 3, num_key_value_heads: 7, head_dim: 12 },
        ]) {
          await using(await formed({ ...form, named }, config), async (model) => {
            assert.deepEqual([model.graph.groups, model.graph.headSize], [small.groups, small.headSize]);
            assert.deepEqual(await logitsOf(model, tokens), expected);
          });
        }
      });
    }
  }

  test("is taken from the configuration before anything else is tried", async () => {
    const dir = await formed({ named: "both", concat: true, norm: "unfused" });
    const file = join(dir, "onnx", "model.onnx");
    const session = await runtime.InferenceSession.create(file);
    let runs = 0;
    const counted = {
      run(feeds: Parameters<typeof session.run>[0], fetches: string[]) {
        runs++;
        return session.run(feeds, fetches);
      },
    };
    const graph = {
      runtime,
      session: counted,
      inputs: [],
      outputs: [],
      layers: 2,
      precision: "float32",
      split: false,
      newRows: false,
    };
    const inputs = session.inputNames.map((name) => ({ name, type: "int64", shape: [1] }));
    const open = { groups: undefined, headSize: undefined };
    const found = await findSizes(
      { ...graph, inputs } as never,
      open,
      { groups: [2, 4], headSizes: [16] },
      scanOnnx(file),
    );
    assert.deepEqual([found, runs], [{ groups: 2, headSize: 16 }, 1]);
    await session.release();
  });

  test("is refused, with what to do, where nothing runs", async () => {
    const scan = { file: "m.onnx", nodes: [], initializers: new Map() };
    const session = { run: async () => Promise.reject(new Error("No.")) };
    const graph = {
      runtime,
      session,
      inputs: [],
      outputs: [],
      layers: 1,
      precision: "float32",
      split: false,
      newRows: false,
    };
    await assert.rejects(
      findSizes(graph as never, { groups: 2, headSize: undefined }, { groups: [], headSizes: [64] }, scan as never),
      {
        code: "model_files",
        message: /^m\.onnx declares the heads or the head size .* config\.json \(num_key_value_heads, head_dim\)/,
      },
    );
  });
});

describe("caches that slide", () => {
  test("are kept whole: they score as the same window over whole caches does, and rewind beyond it", async () => {
    const tokens = tokensOf(290, 6);
    const expected = await using(await formed({ window: 24 }), (model) => logitsOf(model, tokens));
    assert.notDeepEqual(await using(await formed({}), (model) => logitsOf(model, tokens)), expected);
    const dir = await formed({ window: 24, sliding: true });
    await using(dir, async (model) => {
      assert.deepEqual([model.graph.family, model.graph.leastRows, model.warnings], ["new-rows", 24, []]);
      assert.deepEqual(await logitsOf(model, tokens), expected);
      const session = await model.open();
      for (const [to, size] of [
        [0, 1],
        [200, 7],
        [5, 40],
        [150, 3],
      ] as const) {
        session.rewind(to);
        for (let at = to; at < 280; at += size) {
          const { logits } = await session.append(tokens.slice(at, at + size));
          assert.deepEqual(
            logits,
            expected.slice(at * small.vocabulary, (at + size) * small.vocabulary),
            `${to}, ${at}`,
          );
        }
      }
      await session.close();
    });
    const { cache } = await inspectModel(dir, { threads: 1 });
    assert.equal(cache.leastRows, 24);
  });

  test("have room for a window that is longer than the context", async () => {
    const dir = await formed({ window: 200, sliding: true }, { ...configOf(small), max_position_embeddings: 60 });
    const tokens = tokensOf(60);
    const expected = await using(await formed({}), (model) => logitsOf(model, tokens));
    await using(dir, async (model) => assert.deepEqual(await logitsOf(model, tokens), expected));
  });

  test("are refused on devices, which cannot run them, with what to do", async () => {
    const cpu = { graph: { leastRows: 24, hidden: {}, family: "new-rows" } } as unknown as Model;
    await assert.rejects(
      openOnDevice(cpu, "webgpu", () => Promise.reject(new Error("It is opened all the same."))),
      {
        code: "unsupported",
        message: /sliding caches \(sliding_window_cache\), which only the CPU supports\. .*windowed_kv_cache=false/,
      },
    );
  });
});

test("a graph that computes in bfloat16 is refused as what it is, with what to do", async () => {
  await assert.rejects(loadModel(await formed({ bfloat16: true }), { threads: 1 }), {
    code: "model_files",
    message:
      /model\.onnx computes in bfloat16, which ONNX Runtime's CPU provider does not support \(.+\)\. Use a variant in float32, float16 or 4 bits: .*-p fp32/,
  });
});
