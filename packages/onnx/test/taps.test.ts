import assert from "node:assert/strict";
import { cp, mkdir, readdir, rm, stat, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type HiddenKind, seeded } from "@lenity/core";
import type { Runtime } from "../src/graph/graph.ts";
import { type LoadOptions, loadModel, type OnnxModel } from "../src/index.ts";
import { type GraphBuilder, graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { scanOnnx } from "../src/onnx-file/scan-file.ts";
import { openFile } from "../src/open/open-file.ts";
import { dataflow } from "../src/taps/dataflow.ts";
import { findFinalNorm } from "../src/taps/final-norm.ts";
import { isNormOf } from "../src/taps/is-norm-of.ts";
import { planTaps } from "../src/taps/plan-taps.ts";
import { type Form, writeForm, writeGraph } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { scanOf } from "./scan-of.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
});
after(() => folder.remove());

/** What loading says of a folder, and what the model then scores. */
async function loaded(from: string, options: LoadOptions = {}) {
  const model = await loadModel(from, { threads: 1, ...options });
  const { graph, hidden } = model;
  const { logits } = await (await model.open()).append(tokensOf(20));
  await model.close();
  return { graph, hidden, logits };
}

async function form(changes: Form) {
  await writeForm(dir, "form.onnx", small, { hidden: "none", ...changes });
  return loaded(dir, { file: "form.onnx" });
}

/** The model, written by a builder that does something else with nodes or outputs. */
async function rewritten(change: (graph: GraphBuilder) => Partial<GraphBuilder>) {
  const graph = graphBuilder("llama");
  await writeGraph(dir, "rewritten.onnx", { ...graph, ...change(graph) }, { stored: "float16", newRows: false });
  return loaded(dir, { file: "rewritten.onnx" });
}

describe("a file to which something cannot be added", () => {
  test("is loaded as it is when ONNX Runtime refuses it with more, and says why", async () => {
    const [taken, free] = [await form({ taken: ["lenity/begin"] }), await form({})];
    assert.deepEqual(
      [taken.graph.family, taken.graph.newRows, taken.graph.added, taken.hidden],
      ["in-place", false, [], {}],
    );
    assert.match(
      taken.graph.missing.join(),
      /^hidden_states, last_hidden_state, present_rows: not added, because ONNX Runtime cannot load the result: .*lenity\/begin.*\.$/,
    );
    assert.deepEqual(taken.logits, free.logits);
  });

  test("gets what else it lacks when one name is taken", async () => {
    const states = await form({ taken: ["last_hidden_state"] });
    assert.deepEqual([states.graph.added, states.hidden], [["present_rows"], {}]);
    assert.match(
      states.graph.missing.join(),
      /Hidden states are not available: their names are used for other values in the graph\./,
    );
    const rows = await form({ taken: ["present_rows"] });
    assert.deepEqual(rows.graph.added, ["hidden_states", "last_hidden_state"]);
    assert.match(
      rows.graph.missing.join(),
      /New cache rows cannot be fetched separately: the name present_rows is used for another value in the graph\./,
    );
    const other = await form({ taken: ["hidden_states"] });
    assert.deepEqual(other.graph.added, ["pre_norm_states", "last_hidden_state", "present_rows"]);
    assert.deepEqual(other.hidden, { "pre-norm": small.width, "post-norm": small.width });
  });

  test("is not one of nearly 2 GiB: its tensors are not read", async () => {
    const given: unknown[] = [];
    const create = async (source: unknown) => {
      given.push(source);
      return { run: async () => ({}), release: async () => {} };
    };
    const runtime = { InferenceSession: { create }, Tensor: class {} } as unknown as Runtime;
    await writeForm(dir, "form.onnx", small, { hidden: "none" });
    const scan = scanOnnx(join(dir, "form.onnx"));
    const large = await openFile(runtime, { ...scan, bytes: 2 ** 31 - 100 }, {});
    assert.deepEqual([large.added, large.missing], [["hidden_states", "last_hidden_state", "present_rows"], []]);
    assert.ok(given.at(-1) instanceof Uint8Array);
  });
});

describe("hidden states are not offered", () => {
  const assertNone = ({ hidden, graph }: Awaited<ReturnType<typeof loaded>>, why: RegExp) => {
    assert.deepEqual(hidden, {});
    assert.match(graph.missing.join(), why);
    assert.ok(graph.added.every((name) => name === "present_rows"));
  };

  test("when the file's own outputs are named the wrong way round", async () => {
    const swapped = (name: string) =>
      ({ hidden_states: "last_hidden_state", last_hidden_state: "hidden_states" })[name] ?? name;
    assertNone(
      await rewritten((graph) => ({
        node: (operator, inputs, outputs, ...rest) =>
          graph.node(operator, inputs.map(swapped), outputs.map(swapped), ...rest),
      })),
      /Hidden states are not available: last_hidden_state is not the norm of hidden_states, so either may not be the state/,
    );
  });

  test("when hidden_states alone is another layer's", async () => {
    const result = await rewritten((graph) => ({
      output: (name, ...rest) => name === "last_hidden_state" || graph.output(name, ...rest),
      node(operator, inputs, outputs, ...rest) {
        const named = (name: string) =>
          name === "hidden_states" ? "sum" : name === "model.layers.0.residual" ? "hidden_states" : name;
        graph.node(operator, inputs.map(named), outputs.map(named), ...rest);
      },
    }));
    assertNone(result, /hidden_states is not the norm of pre_norm_states/);
  });

  test("when they come with rows for the kept tokens only", async () => {
    const result = await rewritten((graph) => ({
      output: (name, ...rest) => /hidden/.test(name) || graph.output(name, ...rest),
      node(operator, inputs, outputs, attributes, contrib) {
        const [first = "", second = "", weight = ""] = inputs;
        const [output] = outputs;
        if (weight === "model.norm.weight") graph.node("Add", [first, second], ["sum"]);
        else if (output === "kept_states") {
          graph.node("Slice", ["sum", ...inputs.slice(1)], ["kept_sum"]);
          graph.node("SimplifiedLayerNormalization", ["kept_sum", "model.norm.weight"], ["kept_states"], {
            epsilon: { float: 1e-5 },
          });
        } else graph.node(operator, inputs, outputs, attributes, contrib);
      },
    }));
    assertNone(result, /hidden_states has the shape \[1, 2, 32\] for 8 tokens, not one row per token/);
  });

  test("when something stands between norm and output matrix", async () => {
    const result = await rewritten((graph) => ({
      output: (name, ...rest) => /hidden/.test(name) || graph.output(name, ...rest),
      node(operator, inputs, outputs, ...rest) {
        graph.node(
          operator,
          inputs,
          outputs.map((name) => (name === "kept_states" ? "before" : name)),
          ...rest,
        );
        if (outputs[0] === "kept_states") graph.node("Softmax", ["before"], ["kept_states"]);
      },
    }));
    assertNone(result, /the output matrix reads the result of Softmax, which is not a known norm/);
  });
});

test("a norm of float16 gives states of float16, which are offered as what they are", async () => {
  const result = await rewritten((graph) => ({
    output: (name, ...rest) => /hidden/.test(name) || graph.output(name, ...rest),
    node(operator, inputs, outputs, attributes, contrib) {
      const named = (name: string) => (name === "last_hidden_state" ? "normed" : name);
      if (inputs[2] !== "model.norm.weight")
        return graph.node(operator, inputs.map(named), outputs, attributes, contrib);
      for (const name of inputs) graph.node("Cast", [name], [`${name}.half`], { to: 10 });
      const halves = inputs.map((name) => `${name}.half`);
      graph.node(operator, halves, ["normed.half"], attributes, contrib);
      graph.node("Cast", ["normed.half"], ["normed"], { to: 1 });
    },
  }));
  const port = (name: string) => result.graph.outputs.find((output) => output.name === name);
  assert.deepEqual(result.hidden, { "pre-norm": small.width, "post-norm": small.width });
  assert.deepEqual([port("hidden_states")?.type, port("last_hidden_state")?.type], ["float16", "float16"]);
  const [found, expected] = [
    await loadModel(dir, { threads: 1, file: "rewritten.onnx" }),
    await loadModel(dir, { threads: 1 }),
  ];
  for (const kind of ["pre-norm", "post-norm"] as const) {
    const read = async (model: OnnxModel) =>
      (await (await model.open()).append(tokensOf(20), { hidden: kind })).hidden as Float32Array;
    const [half, full] = [await read(found), await read(expected)];
    // States reach 8, where the steps of float16 are 1/128; the norm's weights are rounded too.
    assert.ok(half.every((value, i) => Math.abs(value - (full[i] as number)) < 0.02));
  }
  await found.close();
  await expected.close();
});

test("rows that are not the last of the caches are not used, also when only a past tells them apart", async () => {
  const result = await rewritten((graph) => ({
    finish() {
      graph.integers("zeroth", [0], [1]);
      graph.integers("second", [2], [1]);
      graph.node("Shape", ["input_ids"], ["count"], { start: 1, end: 2 });
      const parts = ["0.key", "0.value", "1.key", "1.value"];
      for (const part of parts)
        graph.node("Slice", [`present.${part}`, "zeroth", "count", "second"], [`first.${part}`]);
      graph.node(
        "Concat",
        parts.map((part) => `first.${part}`),
        ["present_rows"],
        { axis: 0 },
      );
      graph.output("present_rows", "float32", [4, small.groups, "count", small.headSize]);
      return graph.finish();
    },
  }));
  assert.deepEqual([result.graph.family, result.graph.newRows], ["in-place", false]);
  assert.match(result.graph.missing.join(), /present_rows differs from the rows of present/);
  assert.deepEqual(result.logits, (await form({})).logits);
});

describe("a folder", () => {
  test("is not written to", async () => {
    const copy = join(folder.path, "untouched");
    await mkdir(copy);
    await cp(join(dir, "config.json"), join(copy, "config.json"));
    await cp(join(dir, "model.safetensors"), join(copy, "model.safetensors"));
    await writeForm(copy, "model.onnx", small, { hidden: "none", shards: ["model.onnx_data"] });
    const look = async () =>
      Promise.all(
        (await readdir(copy))
          .sort()
          .map(async (name) => [name, (await stat(join(copy, name))).mtimeMs, (await stat(copy)).mtimeMs]),
      );
    const seen = await look();
    assert.equal((await loaded(copy)).graph.added.length, 3);
    assert.deepEqual(await look(), seen);
  });

  test("whose weights are missing or cut off is refused as without additions", async () => {
    const copy = join(folder.path, "cut");
    await mkdir(copy);
    await cp(join(dir, "config.json"), join(copy, "config.json"));
    await cp(join(dir, "model.safetensors"), join(copy, "model.safetensors"));
    await writeForm(copy, "model.onnx", small, { hidden: "none", shards: ["model.onnx_data"] });
    const data = join(copy, "model.onnx_data");
    await truncate(data, 100);
    await assert.rejects(loaded(copy), {
      code: "model_files",
      message: /model\.onnx_data, which has 100 bytes; expected \d{5} or more/,
    });
    await rm(data);
    await assert.rejects(loaded(copy), {
      code: "model_files",
      message: /model\.onnx_data, which is missing\. Download it/,
    });
  });

  test("of links, as Hugging Face's cache has them, is given the same", async () => {
    const [blobs, snapshot] = [join(folder.path, "blobs"), join(folder.path, "snapshot")];
    await mkdir(blobs);
    await mkdir(snapshot);
    await cp(join(dir, "model.safetensors"), join(blobs, "model.safetensors"));
    await cp(join(dir, "config.json"), join(blobs, "config.json"));
    await writeForm(blobs, "model.onnx", small, { hidden: "none", shards: ["model.onnx_data", "model.onnx_data_1"] });
    for (const name of await readdir(blobs)) {
      await cp(join(blobs, name), join(blobs, `hash-${name}`));
      await symlink(`../blobs/hash-${name}`, join(snapshot, name));
    }
    const [linked, plain] = [await loaded(snapshot), await loaded(blobs)];
    assert.deepEqual(
      [linked.graph.added, linked.graph.missing],
      [["hidden_states", "last_hidden_state", "present_rows"], []],
    );
    assert.deepEqual(linked.logits, plain.logits);
  });
});

describe("findFinalNorm", () => {
  const find = (...lines: readonly string[]) => findFinalNorm(dataflow(scanOf(...lines)));
  const rms = ["Pow x E2 > squares", "ReduceMean squares > mean", "Add mean E1 > above", "Sqrt above > root"];

  test("walks through everything that picks, casts, scales, caps and quantises", () => {
    const norm = "SimplifiedLayerNormalization x W > n";
    const expected = { before: ["x"], after: "n" };
    const sum = "Add a b > x";
    assert.deepEqual(find(sum, norm, "MatMul n H > logits"), expected);
    assert.deepEqual(find(sum, norm, "Gather n ROWS > k", "MatMulNBits k H S > logits"), expected);
    assert.deepEqual(
      find(sum, norm, "Slice n S T > k", "Cast k > l", "Gemm l H > m", "Reshape m SHAPE > logits"),
      expected,
    );
    assert.deepEqual(find(sum, norm, "Div n C1 > k", "MatMul k H > l", "Mul C2 l > logits"), expected);
    assert.deepEqual(
      find(sum, norm, "MatMul n H > l", "Div l C1 > m", "Tanh m > o", "Mul o C1 > p", "Where M p L1 > logits"),
      expected,
    );
    assert.deepEqual(
      find(sum, norm, "DequantizeLinear H S > d", "Transpose d > e", "MatMul n e > l", "Add l BIAS > logits"),
      expected,
    );
    assert.deepEqual(
      find(
        ...[sum, norm, "DynamicQuantizeLinear n > q s z", "MatMulInteger q H z > i", "Cast i > f"],
        ...["Mul s SCALES > both", "Mul f both > logits"],
      ),
      expected,
    );
    assert.deepEqual(find(sum, norm, "DynamicQuantizeMatMul n H S > logits"), expected);
  });

  test("knows the sum of a fused norm, whether the node gives it or not", () => {
    const head = "MatMul n H > logits";
    assert.deepEqual(find("SkipSimplifiedLayerNormalization a b W > n _ _ sum", head), { before: ["sum"], after: "n" });
    assert.deepEqual(find("SkipSimplifiedLayerNormalization a b W > n", head), { before: ["a", "b"], after: "n" });
    assert.deepEqual(find("SkipSimplifiedLayerNormalization a b W BIAS > n _ _ _", head), {
      before: ["a", "b", "BIAS"],
      after: "n",
    });
    assert.deepEqual(find("SkipLayerNormalization a b W BETA BIAS > n", head), {
      before: ["a", "b", "BIAS"],
      after: "n",
    });
    assert.deepEqual(find("SkipLayerNormalization a b W BETA > n", head), { before: ["a", "b"], after: "n" });
  });

  test("knows norms of single operators", () => {
    const [sum, head] = ["Add a b > x", "MatMul n H > logits"];
    const expected = { before: ["x"], after: "n" };
    assert.deepEqual(find(sum, ...rms, "Div E1 root > inverse", "Mul x inverse > u", "Mul W u > n", head), expected);
    assert.deepEqual(
      find(sum, ...rms, "Div x root > u", "Cast u > v", "Add W ONES > shifted", "Mul v shifted > n", head),
      expected,
    );
    assert.deepEqual(
      find(sum, "Cast x > y", ...rms.map((line) => line.replace(" x ", " y ")), "Div y root > u", "Mul u W > n", head),
      expected,
    );
    const centred = ["ReduceMean x > middle", "Sub x middle > y", ...rms.map((line) => line.replace(" x ", " y "))];
    assert.deepEqual(find(sum, ...centred, "Div y root > u", "Mul u W > v", "Add v BIAS > n", head), expected);
  });

  test("takes a scaled stream as it is", () => {
    const lines = ["Add a b > s", "Mul s C1 > x", ...rms, "Div x root > u", "Mul u W > n", "MatMul n H > logits"];
    assert.deepEqual(find(...lines), { before: ["x"], after: "n" });
  });

  test("says why it found none", () => {
    assert.equal(find("CumSum a AXIS1 > logits"), "no output matrix was found before logits");
    assert.equal(find("Add a b > other"), "no output matrix was found before logits");
    assert.equal(find("MatMul a H > logits"), "the input of the output matrix is not computed by the graph");
    assert.match(
      find("Relu a > n", "MatMul n H > logits") as string,
      /reads the result of Relu, which is not a known norm/,
    );
    assert.match(find("Mul a b > n", "MatMul n H > logits") as string, /reads the result of Mul/);
    assert.match(find("Mul a W > n", "MatMul n H > logits") as string, /reads the result of Mul/);
  });
});

describe("planTaps", () => {
  test("adds no rows below operator set 10, or without caches", () => {
    const scan = scanOf("SimplifiedLayerNormalization a W > n", "MatMul n H > logits");
    assert.match(
      planTaps({ ...scan, opsets: new Map([["", 9]]) }).missing.join(),
      /operator set 9, and Slice takes its bounds as inputs only from 10/,
    );
    const { added, missing } = planTaps(scan);
    assert.deepEqual(added, ["hidden_states", "last_hidden_state"]);
    assert.match(missing.join(), /no past_key_values\.N and present\.N/);
  });

  test("adds nothing to a file that has everything", async () => {
    const plan = planTaps(scanOnnx(join(dir, "onnx", "model.onnx")));
    assert.deepEqual([plan.suffix.length, plan.added, plan.missing], [0, [], []]);
  });

  test("orders the layers by number", () => {
    const parts = Array.from({ length: 11 }, (_, n) => [`${n}.value`, `${n}.key`]).flat();
    const scan = {
      ...scanOf("MatMul a H > logits"),
      inputs: parts.map((part) => `past_key_values.${part}`).reverse(),
      outputs: parts.map((part) => `present.${part}`),
    };
    const text = Buffer.from(planTaps(scan).suffix).toString("latin1");
    const concat = text.slice(text.lastIndexOf("lenity/rows.present.0.key"));
    const order = [...concat.matchAll(/lenity\/rows\.present\.(\d+)\.(key|value)/g)].map(
      ([, layer, part]) => `${layer}.${part}`,
    );
    assert.deepEqual(order, Array.from({ length: 11 }, (_, n) => [`${n}.key`, `${n}.value`]).flat());
  });
});

describe("isNormOf", () => {
  const [rows, width] = [8, 40];
  const random = seeded(2);
  const values = (spread = 1) => Float32Array.from({ length: rows * width }, () => (random() + random() - 1) * spread);
  const weight = Array.from({ length: width }, () => random() + 0.5);
  /** Written down apart from what is tested: mean 0 for RMSNorm. */
  const normed = (x: Float32Array, kind: HiddenKind | "mean", epsilon = 1e-5) =>
    Float32Array.from(x, (value, i) => {
      const row = x.subarray(i - (i % width), i - (i % width) + width);
      const mean = kind === "mean" ? row.reduce((sum, one) => sum + one, 0) / width : 0;
      const variance = row.reduce((sum, one) => sum + (one - mean) ** 2, 0) / width;
      return (
        ((value - mean) / Math.sqrt(variance + epsilon)) * (weight[i % width] as number) +
        (kind === "mean" ? (i % width) / width : 0)
      );
    });

  test("holds for RMSNorm and LayerNorm, with outlying columns, dead ones, and states as small as ε", () => {
    for (const kind of ["pre-norm", "mean"] as const) {
      const x = values(3);
      for (let i = 5; i < x.length; i += width) x[i] = 900 + (x[i] as number);
      assert.ok(isNormOf(normed(x, kind), x, width));
      assert.ok(isNormOf(normed(values(), kind).fill(0), x, width));
      const tiny = values(0.004);
      assert.ok(isNormOf(normed(tiny, kind), tiny, width));
    }
  });

  test("holds for rows that were rounded to float16", () => {
    const half = (x: Float32Array) =>
      x.map(
        (value) =>
          Math.round(value * 2 ** (10 - Math.floor(Math.log2(Math.abs(value))))) /
          2 ** (10 - Math.floor(Math.log2(Math.abs(value)))),
      );
    const x = values(3);
    assert.ok(isNormOf(half(normed(x, "pre-norm")), half(x), width));
  });

  test("does not hold for other states, for a hundredth of another layer, for the wrong way round, or for too few rows", () => {
    const x = values(3);
    const y = normed(x, "pre-norm");
    assert.ok(!isNormOf(normed(values(3), "pre-norm"), x, width));
    const other = values(3);
    assert.ok(
      !isNormOf(
        y,
        x.map((value, i) => value + 0.01 * (other[i] as number)),
        width,
      ),
    );
    assert.ok(!isNormOf(x, normed(values(3), "mean"), width));
    assert.ok(
      !isNormOf(
        x,
        y.map((value, i) => value * (1 + (i % 7))),
        width,
      ),
    );
    assert.ok(!isNormOf(y.subarray(0, 3 * width), x.subarray(0, 3 * width), width));
    assert.ok(!isNormOf(y, x.subarray(width), width));
    assert.ok(
      !isNormOf(
        y.map(() => Number.NaN),
        x,
        width,
      ),
    );
  });
});
