import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decode, type HiddenKind, judge, lookupDrafter, type Session } from "@lenity/core";
import { exportDecoder, type LoadOptions, loadModel, loadPair, type OnnxModel } from "../src/index.ts";
import { type GraphBuilder, graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { dataflow } from "../src/taps/dataflow.ts";
import { findFinalNorm } from "../src/taps/final-norm.ts";
import { findLayerStates } from "../src/taps/layer-states.ts";
import type { Norm } from "../src/taps/norms.ts";
import { type Form, writeForm, writeGraph } from "../src/testing/graph-forms.ts";
import {
  randomWeights,
  type Shape,
  small,
  temporaryFolder,
  tokensOf,
  writeModel,
} from "../src/testing/random-llama.ts";
import { writeTexts } from "../src/testing/random-tokenizer.ts";
import { reference } from "./reference-llama.ts";
import { scanOf } from "./scan-of.ts";

const shape: Shape = { ...small, layers: 3 };
const tokens = tokensOf(24, 7);
const expected = reference(shape, randomWeights(shape), tokens);
const layers = [1, 2, 3] as const;
const kinds = layers.flatMap((n): HiddenKind[] => [`layer-${n}`, `layer-${n}-norm`]);
const statesOf = (kind: HiddenKind): number[][] => {
  const n = Number(/\d+/.exec(kind)) - 1;
  return (kind.endsWith("-norm") ? expected.normed : expected.streams)[n] as number[][];
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model", shape);
});
after(() => folder.remove());

async function using<T>(options: LoadOptions, use: (model: OnnxModel) => Promise<T>): Promise<T> {
  const model = await loadModel(dir, { threads: 1, ...options });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

/** Loads the model in another form. */
async function form<T>(changes: Form, options: LoadOptions, use: (model: OnnxModel) => Promise<T>): Promise<T> {
  await writeForm(dir, "form.onnx", shape, { hidden: "none", ...changes });
  return using({ file: "form.onnx", ...options }, use);
}

/** A model with a tokenizer. */
async function withTexts(name: string): Promise<string> {
  const path = await writeModel(folder.path, name, shape);
  await writeTexts(
    path,
    Array.from({ length: shape.vocabulary }, (_, id) => `t${id}`),
  );
  return path;
}

function furthest(found: Float32Array | undefined, expected: readonly (readonly number[])[]): number {
  const flat = expected.flat();
  assert.equal(found?.length, flat.length);
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - (found?.[i] as number))), 0);
}

/** The states of the tokens from `start` on, in blocks of this size. */
async function inBlocks(session: Session, kind: HiddenKind, start: number, size: number): Promise<Float32Array> {
  await session.rewind(start);
  const rows: number[] = [];
  for (let at = start; at < tokens.length; at += size)
    rows.push(...((await session.append(tokens.slice(at, at + size), { hidden: kind })).hidden ?? []));
  return Float32Array.from(rows);
}

async function assertStates(model: OnnxModel, within: number): Promise<void> {
  assert.deepEqual(model.warnings, []);
  assert.deepEqual(model.graph.missing, []);
  assert.deepEqual(model.graph.hiddenLayers, layers);
  const session = await model.open();
  for (const kind of kinds) {
    assert.equal(model.hidden[kind], shape.width);
    for (const [start, size] of [
      [0, 24],
      [10, 5],
      [3, 1],
    ] as const) {
      const found = await inBlocks(session, kind, start, size);
      const far = furthest(found, statesOf(kind).slice(start));
      assert.ok(far < within, `${kind} in blocks of ${size} from ${start} on is off by ${far}`);
    }
  }
  await session.close();
}

describe("the hidden states of layers are those of a float64 computation", () => {
  const forms: Readonly<Record<string, Form>> = {
    "onnxruntime-genai's": {},
    "onnxruntime-genai's without the last sum": { norm: "sumless" },
    "one with norms after sums": { norm: "added", norms: "added" },
    "one with position_ids and norms of single operators": { positions: true, norm: "unfused", norms: "unfused" },
    "Optimum's": { concat: true, norm: "unfused", norms: "unfused" },
    "one with combined caches": { concat: true, combined: true, norm: "unfused", norms: "unfused" },
    "one that has its states on both sides of the final norm": { hidden: "both" },
    "one whose new rows cannot be added": { taken: ["present_rows"] },
  };
  for (const [name, changes] of Object.entries(forms))
    test(`in ${name}`, () =>
      form(changes, { hidden: kinds }, async (model) => {
        if (changes.taken !== undefined) assert.equal(model.graph.missing.length, 1);
        await assertStates(
          changes.taken === undefined ? model : { ...model, graph: { ...model.graph, missing: [] } },
          1e-4,
        );
      }));

  test("in one of float16, up to its rounding", () =>
    form({ concat: true, float16: true }, { hidden: kinds }, (model) => assertStates(model, 0.03)));

  test("in an export with split attention", async () => {
    await exportDecoder(dir, { attention: "split", file: "split.onnx" });
    await using({ file: "split.onnx", hidden: kinds }, (model) => assertStates(model, 1e-4));
  });

  test("where blocks are scored next to their logits", () =>
    using({ hidden: ["layer-2"], numbers: true }, async (model) => {
      const session = await model.open();
      const scored = await session.score?.(tokens, {
        readings: new Set(["argmax"]),
        temperature: 1,
        hidden: "layer-2",
      });
      assert.ok(furthest(scored?.hidden, statesOf("layer-2")) < 1e-4);
      await session.close();
    }));
});

test("a layer's states are added only when asked for, in pairs; the last layer's are those around the final norm", async () => {
  const plain = { "pre-norm": shape.width, "post-norm": shape.width };
  await using({}, async ({ hidden, graph }) => {
    assert.deepEqual([hidden, graph.added, graph.hiddenLayers], [plain, [], layers]);
  });
  await using({ hidden: ["layer-1-norm", "post-norm"] }, async ({ hidden, graph }) => {
    const added = ["lenity/layer-1", "lenity/layer-1-norm"];
    assert.deepEqual(hidden, { ...plain, "layer-1": shape.width, "layer-1-norm": shape.width });
    assert.deepEqual([graph.added, graph.missing], [added, []]);
    assert.deepEqual(
      graph.outputs.filter(({ name }) => added.includes(name)).map((port) => [port.type, port.shape]),
      [
        ["float32", [1, "length", shape.width]],
        ["float32", [1, "length", shape.width]],
      ],
    );
  });
  await using({ hidden: ["layer-3"] }, async (model) => {
    assert.deepEqual(model.graph.added, []);
    const read = async (hidden: HiddenKind) => (await (await model.open()).append(tokens, { hidden })).hidden;
    assert.deepEqual(await read("layer-3"), await read("pre-norm"));
    assert.deepEqual(await read("layer-3-norm"), await read("post-norm"));
  });
});

test("a pair is loaded with the states of each model", async () => {
  const pair = await loadPair(await withTexts("target"), await withTexts("draft"), {
    hidden: ["layer-2"],
    draftHidden: ["layer-1-norm"],
  });
  assert.deepEqual(Object.keys(pair.target.hidden), ["pre-norm", "post-norm", "layer-2", "layer-2-norm"]);
  assert.deepEqual(Object.keys(pair.drafter().hidden ?? {}), ["pre-norm", "post-norm", "layer-1", "layer-1-norm"]);
  await pair.close();
});

test("adding them changes no logits of a graph with fused norms", async () => {
  const logits = (options: LoadOptions) =>
    using(options, async (model) => (await (await model.open()).append(tokens)).logits);
  assert.deepEqual(await logits({ hidden: kinds }), await logits({}));
});

describe("a layer that cannot be given", () => {
  test("is a warning at loading, and refuses the policies that read it before the first token", () =>
    using({ hidden: ["layer-4", "layer-1"] }, async (model) => {
      assert.deepEqual(model.graph.missing, ["layer-4 hidden states are not available: the model has 3 layers."]);
      assert.match(
        model.warnings.join(),
        /policies that read layer-4 hidden states will be refused\. layer-4 hidden states are not available: the model has 3 layers\.$/,
      );
      const verifier = judge({ hidden: "layer-4", weight: new Array(shape.width).fill(0), bias: 0 });
      await assert.rejects(decode([1], { target: model, drafter: lookupDrafter(), verifier }).next(), {
        code: "unsupported",
        path: "policy",
        message:
          'Policy "judge" reads layer-4 hidden states, which model does not return (it returns pre-norm, post-norm, layer-1, layer-1-norm). Load or export the model with them, or choose a policy without a judge.',
      });
      const session = await model.open();
      await assert.rejects(session.append([1], { hidden: "layer-2" }), {
        code: "unsupported",
        message: /^model has no layer-2 hidden states\. Load it with the option hidden/,
      });
      await session.close();
    }));

  test("says so when no name is a kind of hidden state", async () => {
    for (const kind of ["layer-0", "layer-1.5", "layer-01", "middle", "layer-1-normed", 3])
      await assert.rejects(loadModel(dir, { hidden: [kind as HiddenKind] }), {
        name: "RangeError",
        message: `hidden names ${kind}; expected pre-norm, post-norm, layer-N or layer-N-norm, with N from 1.`,
      });
  });

  test("says so when the final norm was not found, or names are taken", () =>
    form({ taken: ["last_hidden_state", "lenity/layer-1"] }, { hidden: ["layer-1", "layer-3"] }, async (model) => {
      assert.deepEqual(model.hidden, {});
      assert.match(
        model.graph.missing.join(" "),
        /lenity\/layer-1.* not added, because ONNX Runtime cannot load the result/,
      );
      assert.equal(model.warnings.filter((warning) => /will be refused/.test(warning)).length, 2);
    }));
});

test("states that are not the norm of each other are not offered, and those of other layers are", async () => {
  const graph = graphBuilder("llama");
  const builder: GraphBuilder = {
    ...graph,
    node(operator, inputs, outputs, ...rest) {
      const [normed = "", , , sum = ""] = outputs;
      if (inputs[2] !== "model.layers.1.input_layernorm.weight") return graph.node(operator, inputs, outputs, ...rest);
      // Made of the operators of a norm, but does not scale.
      graph.node("Add", inputs.slice(0, 2), [sum]);
      graph.node("ReduceMean", [sum, graph.integers("axis", [-1], [1])], ["mean"], { keepdims: 1 });
      graph.node("Sub", [sum, "mean"], ["centred"]);
      graph.node("Mul", ["centred", inputs[2]], [normed]);
    },
  };
  await writeGraph(dir, "scaleless.onnx", builder, { stored: "float16", newRows: true });
  await using({ file: "scaleless.onnx", hidden: ["layer-1", "layer-2"] }, async (model) => {
    assert.deepEqual(Object.keys(model.hidden), ["pre-norm", "post-norm", "layer-2", "layer-2-norm"]);
    assert.deepEqual(model.graph.added, ["lenity/layer-2", "lenity/layer-2-norm"]);
    assert.deepEqual(model.graph.missing, [
      "layer-1 hidden states are not available: lenity/layer-1-norm is not the norm of lenity/layer-1, so either may not be the state that its name says.",
    ]);
  });
});

describe("findLayerStates", () => {
  /** What is found in a graph of these nodes, whose layers write these values into their caches. */
  const find = (cached: readonly string[], ...lines: readonly string[]) => {
    const flow = dataflow(scanOf(...lines));
    return Object.fromEntries(findLayerStates(flow, cached, findFinalNorm(flow) as Norm));
  };
  const head = ["SimplifiedLayerNormalization end W > n", "MatMul n H > logits"];
  const attention = (n: number, normed: string) => [
    `MatMul ${normed} V > v${n}`,
    `Reshape v${n} SHAPE > heads${n}`,
    `Concat a heads${n} > cache${n}`,
    `MatMul cache${n} O > attended${n}`,
  ];
  const two = (...middle: readonly string[]) =>
    find(
      ["cache0", "cache1"],
      "Gather EMBEDDING a > x",
      ...attention(0, "x"),
      ...middle,
      ...attention(1, "normed"),
      ...head,
    );
  const found = { 1: { stream: "y", normed: "normed" } };

  test("follows sums, fused and not, through casts and scales", () => {
    const norm = "SimplifiedLayerNormalization y W > normed";
    assert.deepEqual(two("Add x attended0 > y", norm, "Add y attended1 > end"), found);
    assert.deepEqual(
      two("SkipSimplifiedLayerNormalization x attended0 W > normed _ _ y", "Add y attended1 > end"),
      found,
    );
    assert.deepEqual(
      two("Add x attended0 > y", "Cast y > z", "SimplifiedLayerNormalization z W > normed", "Add z attended1 > end"),
      found,
    );
    assert.deepEqual(
      two("Add x attended0 > y", norm, "Mul attended1 SCALE1 > small", "Add y small > s", "Mul s SCALE1 > end"),
      found,
    );
  });

  test("finds the layer's stream where the MLP reads it too, and where attention is normed afterwards", () => {
    const norm = "SimplifiedLayerNormalization y W > normed";
    const mlp = ["LayerNormalization y W2 > other", "MatMul other U > up"];
    assert.deepEqual(two("Add x attended0 > y", norm, ...mlp, "Add attended1 up > both", "Add both y > end"), found);
    assert.deepEqual(
      two("Add x attended0 > y", norm, "SimplifiedLayerNormalization attended1 W > small", "Add y small > end"),
      found,
    );
  });

  test("passes a norm inside the attention, and sizes taken from other values", () => {
    const outer = "SimplifiedLayerNormalization y W > before";
    const inner = ["MatMul before DOWN > latent", "SimplifiedLayerNormalization latent W2 > normed"];
    assert.deepEqual(two("Add x attended0 > y", outer, ...inner, "Add y attended1 > end"), {
      1: { stream: "y", normed: "before" },
    });
    const sized = ["Shape x > size", "SimplifiedLayerNormalization y W > plain", "Reshape plain size > normed"];
    assert.deepEqual(two("Add x attended0 > y", ...sized, "Add y attended1 > end"), {
      1: { stream: "y", normed: "plain" },
    });
  });

  test("knows a stream that no norm reads", () => {
    assert.deepEqual(two("Add x attended0 > y", "Identity y > normed", "Add y attended1 > end"), {
      1: { stream: "y", normed: undefined },
    });
  });

  test("finds nothing where a layer reads two sums, none, or one that does not lead to the end", () => {
    const norm = "SimplifiedLayerNormalization y W > one";
    assert.deepEqual(two("Add x attended0 > y", norm, "Mul one x > normed", "Add y attended1 > end"), {});
    assert.deepEqual(two("Add x attended0 > y", "Relu a > normed", "Add y attended1 > end"), {});
    assert.deepEqual(
      two("Add x attended0 > y", "SimplifiedLayerNormalization y W > normed", "Relu y > z", "Add z attended1 > end"),
      {},
    );
  });

  test("stops at a layer that reads what the layer after it reads", () => {
    const lines = [
      ...["Gather EMBEDDING a > x", ...attention(0, "x"), "Add x attended0 > y"],
      ...[...attention(1, "y"), ...attention(2, "y"), "Add y attended1 > z", "Add z attended2 > end"],
    ];
    assert.deepEqual(find(["cache0", "cache1", "cache2"], ...lines, ...head), {
      2: { stream: "y", normed: undefined },
    });
  });

  test("ends in a damaged graph that runs in circles", () => {
    assert.deepEqual(two("Cast normed > normed", "Add x end > end"), {});
  });
});
