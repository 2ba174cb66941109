import assert from "node:assert/strict";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { exportDecoder, loadModel } from "../src/index.ts";
import { fromFloat16, toFloat16 } from "../src/onnx-file/float16.ts";
import {
  configOf,
  randomWeights,
  type Shape,
  safetensors,
  small,
  temporaryFolder,
  tokensOf,
  type Weights,
} from "../src/testing/random-llama.ts";
import { reference } from "./reference-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

async function write(
  name: string,
  shape: Shape,
  weights: Weights,
  type: "F32" | "F16" | "BF16" = "F16",
): Promise<string> {
  const dir = join(folder.path, name);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), JSON.stringify(configOf(shape)));
  await writeFile(join(dir, "model.safetensors"), safetensors(weights, type));
  return dir;
}

function furthest(actual: Float32Array, expected: number[][]): number {
  const flat = expected.flat();
  assert.equal(actual.length, flat.length);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (flat[i] as number))), 0);
}

async function compare(dir: string, shape: Shape, weights: Weights): Promise<void> {
  const tokens = tokensOf(24, 7, shape.vocabulary);
  const expected = reference(shape, weights, tokens);
  const model = await loadModel(dir, { threads: 1 });
  const session = await model.open();
  const first = await session.append(tokens, { hidden: "pre-norm" });
  assert.ok(furthest(first.logits, expected.logits) < 1e-4);
  assert.ok(furthest(first.hidden ?? new Float32Array(), expected.before) < 1e-4);
  session.rewind(10);
  const rest = await session.append(tokens.slice(10), { hidden: "post-norm" });
  assert.ok(furthest(rest.logits, expected.logits.slice(10)) < 1e-4);
  assert.ok(furthest(rest.hidden ?? new Float32Array(), expected.after.slice(10)) < 1e-4);
  await model.close();
}

describe("exportDecoder", () => {
  test("writes a tied model whose logits and hidden states are those of a float64 computation", async () => {
    const weights = randomWeights(small);
    const dir = await write("tied", small, weights);
    await exportDecoder(dir);
    await compare(dir, small, weights);
  });

  test("writes an untied model with one head per group", async () => {
    const shape: Shape = { ...small, tied: false, heads: 2, groups: 2, headSize: 32, layers: 1, vocabulary: 37 };
    const weights = randomWeights(shape, 2);
    const dir = await write("untied", shape, weights, "F32");
    await exportDecoder(dir, { weights: "float32" });
    await compare(dir, shape, weights);
  });

  test("stores float16 in half the size of float32", async () => {
    const weights = randomWeights(small);
    const dir = await write("sizes", small, weights, "F32");
    const half = (await stat(await exportDecoder(dir, { file: "half.onnx" }))).size;
    const whole = (await stat(await exportDecoder(dir, { weights: "float32", file: "whole.onnx" }))).size;
    const parameters = [...weights.values()].reduce((sum, { values }) => sum + values.length, 0);
    const matrices = parameters - small.width * (2 * small.layers + 1);
    assert.ok(Math.abs(whole - half - 2 * matrices) < 2048);
  });

  test("reads bfloat16", async () => {
    // Values of at most 8 bits, so that bfloat16 holds them exactly.
    const coarse: Weights = new Map(
      [...randomWeights(small)].map(([name, { shape, values }]) => [
        name,
        { shape, values: values.map((value) => Math.round(value * 16) / 16) },
      ]),
    );
    const dir = await write("bf16", small, coarse, "BF16");
    await exportDecoder(dir);
    await compare(dir, small, coarse);
  });

  test("writes caches that may also grow from nothing, as other programs use them", async () => {
    const weights = randomWeights(small);
    const dir = await write("growing", small, weights);
    const session = await InferenceSession.create(await exportDecoder(dir));
    const tokens = tokensOf(12, 3);
    let caches: Record<string, Tensor> = {};
    for (const name of session.inputNames) {
      if (name.startsWith("past"))
        caches[name] = new Tensor("float32", new Float32Array(), [1, small.groups, 0, small.headSize]);
    }
    const logits: number[] = [];
    for (const [from, to] of [
      [0, 7],
      [7, 8],
      [8, 12],
    ] as const) {
      const results = await session.run({
        ...caches,
        input_ids: new Tensor("int64", BigInt64Array.from(tokens.slice(from, to), BigInt), [1, to - from]),
        attention_mask: new Tensor("int64", new BigInt64Array(to).fill(1n), [1, to]),
        num_logits_to_keep: new Tensor("int64", BigInt64Array.of(0n), []),
      });
      logits.push(...((results["logits"] as Tensor).data as Float32Array));
      caches = Object.fromEntries(
        Object.keys(caches).map((name) => [name, results[name.replace("past_key_values", "present")] as Tensor]),
      );
    }
    assert.ok(furthest(Float32Array.from(logits), reference(small, weights, tokens).logits) < 1e-4);
  });

  test("reads the rotary base in either of its places", async () => {
    const dir = await write("rotary", small, randomWeights(small));
    const { rope_theta: _, ...config } = configOf(small);
    const exported = async (rotary: Record<string, unknown>) => {
      await writeFile(join(dir, "config.json"), JSON.stringify({ ...config, ...rotary }));
      return readFile(await exportDecoder(dir));
    };
    const old = await exported({ rope_theta: 500 });
    assert.deepEqual(await exported({ rope_parameters: { rope_type: "default", rope_theta: 500 } }), old);
    assert.notDeepEqual(await exported({}), old);
  });

  test("refuses to store as float16 what float16 cannot hold", async () => {
    const weights = new Map(randomWeights(small));
    const name = "model.embed_tokens.weight";
    const values = Float32Array.from(weights.get(name)?.values ?? []);
    values[5] = 70000;
    weights.set(name, { shape: [small.vocabulary, small.width], values });
    const dir = await write("large", small, weights, "F32");
    await assert.rejects(exportDecoder(dir), {
      code: "model_files",
      message: /embed_tokens\.weight has values beyond 65504/,
    });
    await exportDecoder(dir, { weights: "float32" });
  });

  test("refuses a config that does not fit the tensors", async () => {
    const dir = await write("refused", small, randomWeights(small));
    const config = configOf(small);
    for (const [change, seen] of [
      [{ vocab_size: 51 }, /embed_tokens\.weight has shape \[50,32\]; expected \[51,32\] from config\.json/],
      [{ num_hidden_layers: 3 }, /the tensor model\.layers\.2\.\S+ is missing/],
    ] as const) {
      await writeFile(join(dir, "config.json"), JSON.stringify({ ...config, ...change }));
      await assert.rejects(
        exportDecoder(dir),
        (error: { code?: string; message: string }) => error.code === "model_files" && seen.test(error.message),
      );
    }
  });

  test("refuses a truncated safetensors file", async () => {
    const dir = await write("cut", small, randomWeights(small));
    const whole = safetensors(randomWeights(small));
    await writeFile(join(dir, "model.safetensors"), whole.subarray(0, whole.length - 10));
    await assert.rejects(exportDecoder(dir), { code: "model_files", message: /cut off/ });
  });
});

describe("toFloat16", () => {
  test("inverts fromFloat16 for every float16 but NaN", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromFloat16(bits);
      if (!Number.isNaN(value) && bits !== 0x8000) assert.equal(toFloat16(value), bits);
    }
  });

  test("rounds to the nearest, ties to even", () => {
    for (const [value, expected] of [
      [1 + 1 / 2048, 1],
      [1 + 3 / 2048, 1 + 2 / 1024],
      [1 + 1.01 / 2048, 1 + 1 / 1024],
      [2 ** -25, 0],
      [1.01 * 2 ** -25, 2 ** -24],
      [65519, 65504],
      [65520, Number.POSITIVE_INFINITY],
      [-1e30, Number.NEGATIVE_INFINITY],
    ] as const) {
      assert.equal(fromFloat16(toFloat16(value)), expected);
    }
  });
});
