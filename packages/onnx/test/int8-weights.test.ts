import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readDecoderConfig } from "../src/export/decoder-config.ts";
import { positions } from "../src/export/decoder-graph.ts";
import { decoderPass } from "../src/export/decoder-pass.ts";
import { int8Weights } from "../src/export/int8-weights.ts";
import { rotaryTables } from "../src/export/rotary.ts";
import { openTensors } from "../src/export/tensor-folder.ts";
import { cacheParts } from "../src/graph/cache-tensors.ts";
import { type ExportOptions, exportDecoder, loadModel } from "../src/index.ts";
import { graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { type Shape, small, temporaryFolder, tokensOf, type Weights } from "../src/testing/random-llama.ts";
import { families, familyWeights, writeFamily } from "./random-family.ts";
import { type Multiply, reference, type Vector } from "./reference-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

type Activations = NonNullable<ExportOptions["activations"]>;

const calibration = [tokensOf(60, 21), tokensOf(40, 22)];
/**
 * Multiples of a step, which is a float32 as in the file. Weights are rounded with ties up, inputs (by the runtime)
 * with ties to even.
 */
function rounded(x: Vector, exactStep: number, ties: "up" | "even"): Vector {
  const step = Math.fround(exactStep);
  return x.map((value) => {
    if (ties === "up") return step * Math.round(value / step);
    const steps = Math.fround(Math.fround(value) / step);
    const nearest = Math.abs(steps % 1) === 0.5 ? 2 * Math.round(steps / 2) : Math.round(steps);
    return step * Math.max(-128, Math.min(127, nearest));
  });
}
const largest = (x: Vector) => Math.max(...x.map(Math.abs));

/** The recipe once more, in float64: weights and inputs rounded to multiples of their scales. */
function simulate(shape: Shape, weights: Weights, tokens: readonly number[], activations: Activations): number[] {
  const seen = new Map<string, number>();
  const matrices = new Map<string, readonly Vector[]>();
  const product = (rows: readonly Vector[], x: Vector) =>
    rows.map((row) => row.reduce((sum, value, j) => sum + value * (x[j] as number), 0));
  const observing: Multiply = (name, rows, x) => {
    seen.set(name, Math.max(seen.get(name) ?? 0, largest(x)));
    return product(rows, x);
  };
  for (const sequence of calibration) reference(shape, weights, sequence, { multiply: observing });
  const quantised: Multiply = (name, rows, x) => {
    const own = activations === "per-row" || (activations === "mix" && /o_proj|down_proj/.test(name));
    const step = (own ? largest(x) : 1.1 * (seen.get(name) ?? 0)) / 127;
    const matrix = matrices.get(name) ?? rows.map((row) => rounded(row, largest(row) / 127, "up"));
    matrices.set(name, matrix);
    return product(matrix, rounded(x, step, "even"));
  };
  return reference(shape, weights, tokens, { multiply: quantised }).logits.flat();
}

const meanDistance = (a: Float32Array, b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;

describe("int8 weights", () => {
  const tried = families.filter(({ name }) => ["llama", "llama with biases", "qwen3"].includes(name));
  for (const family of tried) {
    for (const activations of ["mix", "static", "per-row"] as const) {
      test(`of ${family.name}, ${activations}: logits are those of a float64 simulation, the same in every block, and do not leak`, async () => {
        const shape: Shape = { ...small, ...family.shape };
        const weights = familyWeights(family, shape, 5);
        const dir = join(folder.path, `${family.name}-${activations}`);
        await writeFamily(dir, family, shape, weights);
        await exportDecoder(dir, { weights: "int8", activations, calibration });
        const tokens = tokensOf(40, 9, shape.vocabulary);
        const model = await loadModel(dir, { dtype: "int8", threads: 1 });
        try {
          // Rounding hides a difference on most tokens, so none found is no evidence.
          assert.equal(model.aloneAsInBlocks, false);
          assert.deepEqual([model.check.blockDifference, model.check.leak], [0, 0]);
          const session = await model.open();
          const { logits } = await session.append(tokens);
          const toSimulation = meanDistance(logits, simulate(shape, weights, tokens, activations));
          const toFloat = meanDistance(logits, reference(shape, weights, tokens).logits.flat());
          // A sum that rounds to the other side of a tie is amplified: the two agree to 1e-6 where none does.
          assert.ok(toSimulation < toFloat / 20, `${toSimulation} from the simulation, ${toFloat} from float`);
          for (const cut of [1, 2, 7, 16, 17]) {
            session.rewind(0);
            for (let at = 0; at < tokens.length; at += cut) {
              const { logits: rows } = await session.append(tokens.slice(at, at + cut));
              assert.deepEqual(
                rows,
                logits.slice(at * shape.vocabulary, at * shape.vocabulary + rows.length),
                `blocks of ${cut}`,
              );
            }
          }
        } finally {
          await model.close();
        }
      });
    }
  }

  test("serve several passes of one graph, and are stored once", async () => {
    const dir = join(folder.path, "passes");
    const weights = familyWeights({ name: "llama", config: {} }, small);
    await writeFamily(dir, { name: "llama", config: {} }, small, weights);
    await exportDecoder(dir, { weights: "int8", activations: "per-row" });
    const model = await loadModel(dir, { dtype: "int8", threads: 1 });
    const config = await readDecoderConfig(dir);
    const tensors = await openTensors(dir);
    try {
      const graph = graphBuilder("two passes");
      const stored = int8Weights(graph, tensors, config, () => undefined);
      positions(graph);
      rotaryTables(graph, config);
      graph.input("attention_mask", "int64", [1, "length"]);
      for (const part of cacheParts(config.layers))
        graph.weights(`past.${part}`, new Float32Array(), [1, 2, 0, 16], "float32");
      const sizes: number[] = [];
      for (const prefix of ["a.", "b."]) {
        graph.input(`${prefix}ids`, "int64", [1, "length"]);
        graph.output(`${prefix}logits`, "float32", [1, "length", small.vocabulary]);
        const pass = {
          prefix,
          ids: `${prefix}ids`,
          past: "past",
          present: `${prefix}present`,
          states: `${prefix}s`,
          normed: `${prefix}n`,
        };
        decoderPass(graph, stored, config, { ...pass, lastIndex: "last_index", totalLength: "total_length" });
        stored.score(`${prefix}n`, `${prefix}logits`);
        sizes.push(graph.tensorBytes);
      }
      assert.ok((sizes[1] ?? 0) - (sizes[0] ?? 0) < 1000, `the second pass adds ${sizes} bytes`);
      const session = await InferenceSession.create(Buffer.concat([...graph.finish()]), { intraOpNumThreads: 1 });
      const int64 = (values: readonly number[]) =>
        new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
      const [a, b] = [tokensOf(9, 1), tokensOf(9, 2)];
      const results = await session.run({
        "a.ids": int64(a),
        "b.ids": int64(b),
        attention_mask: int64(a.map(() => 1)),
      });
      for (const [name, tokens] of Object.entries({ "a.logits": a, "b.logits": b })) {
        const alone = await (await model.open()).append(tokens);
        assert.deepEqual(results[name]?.data, alone.logits);
      }
      await session.release();
    } finally {
      tensors.close();
      await model.close();
    }
  });

  test("need calibration with tokens of the model, unless scales are found row by row", async () => {
    const dir = join(folder.path, "uncalibrated");
    await writeFamily(dir, { name: "llama", config: {} }, small, familyWeights({ name: "llama", config: {} }, small));
    for (const activations of [undefined, "mix", "static"] as const) {
      for (const calibration of [undefined, [], [[]]]) {
        await assert.rejects(exportDecoder(dir, { weights: "int8", activations, calibration }), {
          code: "invalid_request",
          message: /need calibration.*"per-row", which need none/,
        });
      }
    }
    for (const stray of [small.vocabulary, -1, 1.5]) {
      await assert.rejects(exportDecoder(dir, { weights: "int8", calibration: [[1, 2], [stray]] }), {
        code: "invalid_request",
        message: new RegExp(`token ${stray}; the model's ids are 0 to 49`),
      });
    }
    await assert.rejects(exportDecoder(dir, { activations: "mix" }), TypeError);
    await assert.rejects(
      exportDecoder(dir, { weights: "int2" as "int8" }),
      /weights is int2; expected one of float16, float32, int8, int4/,
    );
    await assert.rejects(
      exportDecoder(dir, { weights: "int8", activations: "block" as "mix" }),
      /activations is block/,
    );
    assert.deepEqual(await readdir(join(dir, "onnx")).catch(() => []), []);
  });

  test("of a model that computes no numbers are refused", async () => {
    const dir = join(folder.path, "broken");
    const weights = new Map(familyWeights({ name: "llama", config: {} }, small));
    weights.set("model.layers.1.input_layernorm.weight", {
      shape: [32],
      values: new Float32Array(32).fill(Number.NaN),
    });
    await writeFamily(dir, { name: "llama", config: {} }, small, weights);
    await assert.rejects(exportDecoder(dir, { weights: "int8", calibration }), {
      code: "model_files",
      message: /computes (NaN|-?Infinity) as input of model\.layers\.1\.self_attn\.q_proj: its weights are damaged/,
    });
  });

  test("read calibration longer than the context, and inputs that are always zero", async () => {
    const dir = join(folder.path, "zeros");
    const weights = new Map(familyWeights({ name: "llama", config: {} }, small));
    // Without values nothing comes out of attention.
    const name = "model.layers.1.self_attn.v_proj.weight";
    weights.set(name, { shape: [32, 32], values: new Float32Array(1024) });
    await writeFamily(dir, { name: "llama", config: {} }, small, weights);
    for (const activations of ["mix", "static"] as const) {
      await exportDecoder(dir, { weights: "int8", activations, calibration: [tokensOf(2 * small.context + 5)] });
      const model = await loadModel(dir, { dtype: "int8", threads: 1 });
      const { logits } = await (await model.open()).append(tokensOf(10));
      assert.ok(logits.every(Number.isFinite));
      await model.close();
    }
  });
});
