import assert from "node:assert/strict";
import { copyFile, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Drafter, drawByNoise, logitsEvidence, modelDrafter, sampling, seeded, type Token } from "@lenity/core";
import { writeNoise } from "@lenity/core/internal";
import * as runtime from "onnxruntime-node";
import { readDecoderConfig } from "../src/export/decoder-config.ts";
import { floatWeights } from "../src/export/decoder-weights.ts";
import { drafterGraph } from "../src/export/drafter-graph.ts";
import { openTensors } from "../src/export/tensor-folder.ts";
import type { DrafterGraph, Graph } from "../src/graph/graph.ts";
import { exportDecoder, exportDrafter, loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { type GraphBuilder, graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { draftRound } from "../src/run/draft-round.ts";
import { type Model, newSequence } from "../src/run/sequence.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTexts } from "../src/testing/random-tokenizer.ts";
import { families, familyWeights, writeFamily } from "./random-family.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: OnnxModel;
before(async () => {
  folder = await temporaryFolder();
  model = await withDrafter("model", small);
});
after(async () => {
  await model.close();
  await folder.remove();
});

async function withDrafter(name: string, shape: typeof small, seed = 1): Promise<OnnxModel> {
  const dir = await writeModel(folder.path, name, shape, seed);
  await writeFile(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: [0, 7, 17] }));
  await exportDrafter(dir);
  return loadModel(dir, { threads: 1 });
}

/**
 * Both drafters see the same rounds, whose contexts rewrite, cut and extend each other; tokens and logits must be equal
 * to the bit.
 */
async function assertDraftsAlike(
  a: Drafter,
  b: Drafter,
  shape: typeof small,
  seed: number,
  rounds: number,
): Promise<number> {
  const random = seeded(seed);
  const below = (end: number) => Math.floor(end * random());
  let context: Token[] = tokensOf(1 + below(60), seed, shape.vocabulary);
  let drafted = 0;
  for (let round = 0; round < rounds; round++) {
    const limit = below(26);
    const temperature = [0, 0.2, 1, 2.5][below(4)] as number;
    const request = {
      context,
      limit,
      sampling: sampling({ temperature }),
      uniform: Array.from({ length: limit }, random),
      noise: round % 2 === 0 ? undefined : seed + round,
    };
    const [one, two] = [await a.propose(request), await b.propose(request)];
    assert.deepEqual(one.tokens, two.tokens);
    for (let at = 0; at < one.tokens.length; at++) assert.deepEqual(one.evidence?.logits(at), two.evidence?.logits(at));
    drafted += one.tokens.length;
    const kept = one.tokens.slice(0, below(one.tokens.length + 1));
    context = [...context, ...kept, 1 + below(shape.vocabulary - 1)];
    if (random() < 0.2) context = [...context.slice(0, 1 + below(context.length)), 1 + below(shape.vocabulary - 1)];
    // Up to the end of the model's context, where fewer tokens than wanted have room.
    if (random() < 0.1) context = tokensOf(shape.context - below(20), round, shape.vocabulary);
    if (context.length > shape.context) context = context.slice(0, 1 + below(40));
  }
  await a.close();
  await b.close();
  return drafted;
}

describe("a drafter file", () => {
  test("drafts what stepping drafts when the tokenizer has fewer tokens than the model, gaps among them", async () => {
    const dir = await writeModel(folder.path, "padded", small, 5);
    await exportDrafter(dir);
    await writeTexts(
      dir,
      Array.from({ length: 30 }, (_, id) => (id === 7 ? undefined : `t${id}`)),
    );
    const padded = await loadModel(dir, { threads: 1 });
    const stepped = await loadModel(dir, { threads: 1, drafter: false });
    try {
      assert.ok(padded.graph.drafter !== undefined && stepped.graph.drafter === undefined);
      let drafted = 0;
      for (let seed = 1; seed <= 5; seed++) {
        drafted += await assertDraftsAlike(
          onnxDrafter(padded),
          seed % 2 === 0 ? onnxDrafter(stepped) : modelDrafter(stepped),
          small,
          seed,
          10,
        );
      }
      assert.ok(drafted > 300, `${drafted} tokens drafted`);
      const drafter = onnxDrafter(padded);
      const uniform = Array.from({ length: 60 }, seeded(9));
      const { tokens } = await drafter.propose({
        context: [1],
        limit: 60,
        sampling: sampling({ temperature: 5 }),
        uniform,
      });
      assert.ok(tokens.every((token) => token < 30 && token !== 7));
      await drafter.close();
    } finally {
      await padded.close();
      await stepped.close();
    }
  });

  test("drafts to the bit what stepping drafts, from any context, with any limit and temperature, after any rewriting", async () => {
    let drafted = 0;
    for (const seed of [1, 2, 3, 4])
      drafted += await assertDraftsAlike(onnxDrafter(model), modelDrafter(model), small, seed, 30);
    assert.ok(drafted > 800);
  });

  test("does so for an untied model with one head per group and weights of float32", async () => {
    const shape = { ...small, tied: false, heads: 2, groups: 2, headSize: 32, layers: 3, vocabulary: 37, context: 150 };
    const dir = await writeModel(folder.path, "untied", shape, 3);
    await exportDecoder(dir, { weights: "float32" });
    await exportDrafter(dir, { weights: "float32" });
    const untied = await loadModel(dir, { threads: 1 });
    assert.ok((await assertDraftsAlike(onnxDrafter(untied), modelDrafter(untied), shape, 5, 30)) > 100);
    await untied.close();
  });

  test("does so for int8 weights", async () => {
    const dir = await writeModel(folder.path, "int8");
    const options = { weights: "int8", calibration: [tokensOf(40)] } as const;
    await exportDecoder(dir, options);
    assert.equal(await exportDrafter(dir, options), join(dir, "onnx", "model_int8.drafter.onnx"));
    const quantized = await loadModel(dir, { threads: 1, dtype: "int8" });
    assert.ok((await assertDraftsAlike(onnxDrafter(quantized), modelDrafter(quantized), small, 6, 30)) > 100);
    await quantized.close();
  });

  test("does so with biases and with norms of queries and keys, which no product packs together", async () => {
    for (const [i, family] of families.filter(({ name }) => /^(llama|qwen\d)( with biases)?$/.test(name)).entries()) {
      const shape = { ...small, ...family.shape };
      const dir = join(folder.path, `family-${i}`);
      await writeFamily(dir, family, shape, familyWeights(family, shape, i + 1));
      await exportDecoder(dir);
      const written = await readFile(await exportDrafter(dir));
      const packs = family.headNorms !== true && family.biased === undefined;
      assert.equal(written.includes("q_proj.weight+model.layers.0.self_attn.k_proj.weight"), packs, family.name);
      const model = await loadModel(dir, { threads: 1 });
      assert.ok((await assertDraftsAlike(onnxDrafter(model), modelDrafter(model), shape, i + 1, 15)) > 50, family.name);
      await model.close();
    }
  });

  test("does so in a context of two tokens", async () => {
    const shape = { ...small, context: 2 };
    const tiny = await withDrafter("two", shape);
    const request = { context: [5], limit: 9, sampling: sampling(), uniform: new Array(9).fill(0) };
    const draft = await onnxDrafter(tiny).propose(request);
    assert.deepEqual(draft.tokens, (await modelDrafter(tiny).propose(request)).tokens);
    assert.equal(draft.tokens.length, 1);
    await tiny.close();
  });

  test("takes the coins at the ends of their range", async () => {
    const session = await model.open();
    for (const coin of [0, 1 - 2 ** -53]) {
      const request = {
        context: tokensOf(12, 3),
        limit: 9,
        sampling: sampling({ temperature: 1 }),
        uniform: new Array<number>(9).fill(coin),
      };
      assert.deepEqual((await session.draft(request)).tokens, (await modelDrafter(model).propose(request)).tokens);
    }
    await session.close();
  });

  test("draws each token with the probability that its row says", async () => {
    const session = await model.open();
    const settled = sampling({ temperature: 1.5 });
    const ask = async (coin: number) =>
      session.draft({ context: tokensOf(12, 3), limit: 2, sampling: settled, uniform: [0.31, coin] });
    const [first] = (await ask(0.5)).tokens;
    assert.ok(!model.eos.includes(first as Token));
    const shares = logitsEvidence((await ask(0.5)).logits.slice(small.vocabulary), small.vocabulary, settled).row(0);
    // The coins that draw a token are an interval as long as its share: up to the rounding of shares to single
    // precision.
    let end = 0;
    for (const [token, share] of shares.entries()) {
      const start = end;
      end += share;
      for (const coin of [start + 1e-6, end - 1e-6]) {
        if (share > 3e-6) assert.deepEqual((await ask(coin)).tokens, [first, token]);
      }
    }
    assert.ok(Math.abs(end - 1) < 1e-6);
    await session.close();
  });

  test("stores the weights once", async () => {
    const { size } = await stat(model.graph.drafter as string);
    assert.ok(Math.abs(size - (await stat(model.graph.file)).size) < 4000);
  });

  test("lies beside the model file, under its name", async () => {
    const dir = await writeModel(folder.path, "named");
    await exportDecoder(dir, { file: "onnx/other.onnx" });
    assert.equal(await exportDrafter(dir, { file: "onnx/other.onnx" }), join(dir, "onnx", "other.drafter.onnx"));
    const named = await loadModel(dir, { threads: 1, file: "onnx/other.onnx" });
    assert.equal(named.graph.drafter, join(dir, "onnx", "other.drafter.onnx"));
    await named.close();
    const plain = await loadModel(dir, { threads: 1 });
    assert.equal(plain.graph.drafter, undefined);
    await plain.close();
  });
});

/** A model whose drafter file is written by a builder that does something else. */
async function rewritten(name: string, change: (graph: GraphBuilder) => Partial<GraphBuilder>): Promise<string> {
  const dir = await writeModel(folder.path, name);
  const [config, tensors] = [await readDecoderConfig(dir), await openTensors(dir)];
  const graph = graphBuilder("drafter");
  drafterGraph({ ...graph, ...change(graph) }, config, (within) => floatWeights(within, tensors, config, "float16"));
  await writeFile(join(dir, "onnx", "model.drafter.onnx"), Buffer.concat([...graph.finish()]));
  tensors.close();
  return dir;
}

describe("the noise of a drafter file", () => {
  test("may be missing, as in files of earlier exports: then a round that draws by noise is stepped", async () => {
    const dir = await rewritten("noiseless", (graph) => ({
      input: (input, ...rest) => {
        if (input !== "noise") return graph.input(input, ...rest);
        graph.integers("noise_shape", [0, small.vocabulary], [2]);
        graph.node("ConstantOfShape", ["noise_shape"], ["noise_32"]);
        graph.node("Cast", ["noise_32"], ["noise"], { to: 11 });
      },
    }));
    const old = await loadModel(dir, { threads: 1 });
    assert.match(old.graph.drafter ?? "", /drafter\.onnx$/);
    const drafted = await assertDraftsAlike(onnxDrafter(old), modelDrafter(old), small, 7, 20);
    assert.ok(drafted > 50, `${drafted} tokens drafted`);
    await old.close();
  });

  test("is compared with the noise of steps at loading", async () => {
    const dir = await rewritten("deaf", (graph) => ({
      node: (operator, inputs, outputs, ...rest) =>
        outputs[0] === "raced"
          ? graph.node("Not", ["sampled"], outputs)
          : graph.node(operator, inputs, outputs, ...rest),
    }));
    await assert.rejects(loadModel(dir, { threads: 1 }), {
      code: "model_files",
      message: /drafts .+ where .+ drafts .+: it has different weights/,
    });
  });
});

describe("the hidden states of a drafter file", () => {
  test("may be missing, as in files of earlier exports: then a round is stepped", async () => {
    const dir = await rewritten("old", (graph) => ({
      output: (output, ...rest) => /hidden/.test(output) || graph.output(output, ...rest),
    }));
    const [old, stepped] = [await loadModel(dir, { threads: 1 }), await loadModel(dir, { threads: 1, drafter: false })];
    assert.match(old.graph.drafter ?? "", /drafter\.onnx$/);
    for (const hidden of ["pre-norm", "post-norm"] as const) {
      const request = { context: [3, 4], limit: 5, sampling: sampling(), uniform: new Array(5).fill(0), hidden };
      const [a, b] = [await onnxDrafter(old).propose(request), await onnxDrafter(stepped).propose(request)];
      assert.deepEqual(a.tokens, b.tokens);
      for (const at of a.tokens.keys()) assert.deepEqual(a.hidden?.at(at), b.hidden?.at(at));
    }
    await old.close();
    await stepped.close();
  });

  test("are compared with the model's at loading", async () => {
    const dir = await rewritten("swapped", (graph) => ({
      node: (operator, inputs, [output = "", ...outputs], ...rest) => {
        const named = { hidden_states: "last_hidden_state", last_hidden_state: "hidden_states" }[output] ?? output;
        graph.node(operator, inputs, [named, ...outputs], ...rest);
      },
    }));
    await assert.rejects(loadModel(dir, { threads: 1 }), {
      code: "model_files",
      message: /from other logits or hidden states: it has different weights/,
    });
  });
});

describe("loadModel refuses a drafter file", () => {
  /** A folder whose drafter file is that of another folder. */
  async function assertRefused(
    name: string,
    spoil: (dir: string, drafter: string) => Promise<unknown>,
    ...seen: RegExp[]
  ): Promise<void> {
    const dir = await writeModel(folder.path, name);
    const drafter = join(dir, "onnx", "model.drafter.onnx");
    await spoil(dir, drafter);
    await assert.rejects(loadModel(dir, { threads: 1 }), (error: { code?: string; message: string }) => {
      assert.equal(error.code, "model_files");
      for (const words of [/model\.drafter\.onnx/, ...seen]) assert.match(error.message, words);
      return true;
    });
    // Whoever does not want the file need not remove it.
    await (await loadModel(dir, { threads: 1, drafter: false })).close();
  }
  const drafterOf = async (name: string, shape: typeof small, seed = 1) =>
    exportDrafter(await writeModel(folder.path, name, shape, seed));
  const remedy = /Export it again from the model's folder \(exportDrafter\), or delete it/;

  test("that was written from other weights", () =>
    assertRefused(
      "stale",
      async (_dir, drafter) => copyFile(await drafterOf("stale-from", small, 2), drafter),
      /drafter\.onnx drafts .+ where .+model\.onnx drafts .+: it has different weights/,
      remedy,
    ));

  test("that was written from nearly the same weights", () =>
    assertRefused(
      "near",
      async (dir) => {
        const bytes = await readFile(join(dir, "model.safetensors"));
        // One number of the last matrix, made larger.
        bytes.writeUInt16LE(0x4c00, bytes.length - 200);
        await writeFile(join(dir, "model.safetensors"), bytes);
        await exportDrafter(dir);
      },
      /it has different weights/,
      remedy,
    ));

  test("of another shape or vocabulary", async () => {
    const shapes = { layers: 1, groups: 4, vocabulary: 60 };
    const words = [
      /its inputs are .+; expected .+past_key_values\.1\.key/,
      /its caches have the shape/,
      /draws from 60 tokens, but the model has 50/,
    ];
    for (const [i, [key, value]] of Object.entries(shapes).entries()) {
      const shape = { ...small, [key]: value };
      await assertRefused(
        `shape-${i}`,
        async (_dir, drafter) => copyFile(await drafterOf(`shape-${i}-from`, shape), drafter),
        words[i] as RegExp,
        remedy,
      );
    }
  });

  test("beside a model whose graph does not return new rows", () =>
    assertRefused(
      "in-place",
      async (dir) => {
        await exportDrafter(dir);
        await writeForm(dir, join("onnx", "model.onnx"), small, { taken: ["present_rows"] });
      },
      /does not return the new rows/,
      remedy,
    ));

  test("that is a model, or cut off", async () => {
    await assertRefused(
      "a-model",
      (dir, drafter) => copyFile(join(dir, "onnx", "model.onnx"), drafter),
      /its inputs are/,
      remedy,
    );
    await assertRefused(
      "cut",
      async (dir, drafter) => {
        await exportDrafter(dir);
        await writeFile(drafter, (await readFile(drafter)).subarray(0, 5000));
      },
      /model\.drafter\.onnx \(5000 bytes\) is cut off/,
    );
  });

  test("left without its model, and does not offer it as one", async () => {
    const dir = await writeModel(folder.path, "left");
    await rename(join(dir, "onnx", "model.onnx"), join(dir, "onnx", "model.drafter.onnx"));
    await assert.rejects(loadModel(dir), (error: Error) => /are missing\. Export the model/.test(error.message));
  });

  test("given as the model itself", async () => {
    await assert.rejects(loadModel(model.folder, { file: "onnx/model.drafter.onnx" }), {
      code: "model_files",
      message: /needs the input/,
    });
  });
});

describe("a round by a drafter file", () => {
  /** A drafter that records how many coins it is given and draws token 1 each time; `during` runs in each call. */
  function recording(
    during: (calls: number) => void = () => {},
    logit = 0,
  ): { model: Model; calls: number[]; noises: runtime.Tensor[] } {
    const calls: number[] = [];
    const noises: runtime.Tensor[] = [];
    const session = {
      async run({ uniform, input_ids, noise }: Record<string, runtime.Tensor>) {
        const limit = (uniform as runtime.Tensor).dims[0] as number;
        calls.push(limit);
        if (noise !== undefined) noises.push(noise);
        during(calls.length);
        const rows = ((input_ids as runtime.Tensor).dims[1] as number) + limit - 1;
        return {
          tokens: new runtime.Tensor("int64", new BigInt64Array(limit).fill(1n), [limit]),
          logits: new runtime.Tensor("float32", new Float32Array(limit * 10).fill(logit), [limit, 10]),
          last_hidden_state: new runtime.Tensor(
            "float32",
            Float32Array.from({ length: limit * 2 }, (_, i) => i >> 1),
            [limit, 2],
          ),
          present_rows: new runtime.Tensor("float32", new Float32Array(2 * rows * 4), [2, 1, rows, 4]),
        };
      },
    };
    const graph = {
      runtime,
      layers: 1,
      groups: 1,
      headSize: 4,
      precision: "float32",
      family: "new-rows",
    } as unknown as Graph;
    const drafter = {
      session: session as unknown as runtime.InferenceSession,
      goesOn: new runtime.Tensor("bool", new Uint8Array(10), [10]),
      mask: new runtime.Tensor("float32", new Float32Array(10), [10]),
      hidden: {},
      takesNoise: false,
    };
    return {
      model: { graph, drafter, name: "recording", width: 10, vocabulary: 10, unused: new Set(), contextLength: 400 },
      calls,
      noises,
    };
  }
  const request = (limit: number, cancel?: SharedArrayBuffer) =>
    ({
      type: "draft",
      session: 0,
      from: 0,
      tokens: [1, 2, 3],
      limit,
      sampling: sampling(),
      uniform: new Array<number>(limit).fill(0),
      cancel,
    }) as const;

  test("takes calls of 16 tokens", async () => {
    const { model, calls } = recording();
    const { tokens, length } = await draftRound(model, newSequence(), request(40), new Set());
    assert.deepEqual(calls, [16, 16, 8]);
    assert.deepEqual([tokens.length, length], [40, 42]);
  });

  test("gives the noise of each position to draw, and none at temperature 0 or without a seed of noise", async () => {
    const { model, noises } = recording();
    const taking = { ...model, drafter: { ...(model.drafter as DrafterGraph), takesNoise: true } };
    const asked = { ...request(20), sampling: sampling({ temperature: 1 }) };
    await draftRound(taking, newSequence(), { ...asked, noise: 5 }, new Set());
    const expected = Array.from({ length: 20 }, (_, at) => {
      const row = new Float64Array(10);
      writeNoise(row, 5, 3 + at);
      return [...row];
    });
    assert.deepEqual(
      noises.map(({ dims }) => dims),
      [
        [16, 10],
        [4, 10],
      ],
    );
    assert.deepEqual(
      noises.flatMap(({ data }) => [...(data as Float64Array)]),
      expected.flat(),
    );
    noises.length = 0;
    await draftRound(taking, newSequence(), { ...request(3), noise: 5 }, new Set());
    await draftRound(taking, newSequence(), { ...asked, limit: 3 }, new Set());
    assert.deepEqual(
      noises.map(({ dims }) => dims),
      [
        [0, 10],
        [0, 10],
      ],
    );
  });

  test("of earlier exports, which take no noise, is not called to draw by noise: the model's own graph steps", async () => {
    const { model, calls } = recording();
    let steps = 0;
    const session = {
      async run({ input_ids }: Record<string, runtime.Tensor>) {
        steps++;
        const rows = (input_ids as runtime.Tensor).data.length;
        return {
          logits: new runtime.Tensor("float32", new Float32Array(rows * 10), [1, rows, 10]),
          present_rows: new runtime.Tensor("float32", new Float32Array(2 * rows * 4), [2, 1, rows, 4]),
        };
      },
    };
    const graph = { ...model.graph, session, inputs: [] } as unknown as Graph;
    const asked = { ...request(12), sampling: sampling({ temperature: 1 }), noise: 5 };
    const { tokens } = await draftRound({ ...model, graph }, newSequence(), asked, new Set());
    const flat = new Float32Array(10).fill(0.1);
    assert.deepEqual(
      tokens,
      Array.from({ length: 12 }, (_, at) => drawByNoise(flat, 5, 3 + at)),
    );
    assert.deepEqual([steps, calls], [12, []]);
  });

  test("takes hidden states from the calls, and runs only the last token with the model's own graph", async () => {
    const { model, calls } = recording();
    const own: number[][] = [];
    const session = {
      async run({ input_ids }: Record<string, runtime.Tensor>) {
        const ids = Array.from((input_ids as runtime.Tensor).data as BigInt64Array, Number);
        own.push(ids);
        return {
          logits: new runtime.Tensor("float32", new Float32Array(ids.length * 10), [1, ids.length, 10]),
          states: new runtime.Tensor("float32", new Float32Array(ids.length * 2).fill(7), [1, ids.length, 2]),
          present_rows: new runtime.Tensor("float32", new Float32Array(2 * ids.length * 4), [2, 1, ids.length, 4]),
        };
      },
    };
    const hidden = { "post-norm": { output: "states", width: 2 } };
    const graph = { ...model.graph, session, inputs: [], hidden } as unknown as Graph;
    const drafter = { ...(model.drafter as DrafterGraph), hidden: { "post-norm": "last_hidden_state" } };
    const asked = { ...request(18), hidden: "post-norm" } as const;
    const reply = await draftRound({ ...model, graph, drafter }, newSequence(), asked, new Set());
    assert.deepEqual([calls, own], [[16, 2], [[1, 1]]]);
    // Rows of a call are numbered; its first is that of the token before.
    const called = [...Array.from({ length: 15 }, (_, i) => i + 1), 0, 1, 7];
    assert.deepEqual(
      [...(reply.hidden ?? [])],
      called.flatMap((row) => [row, row]),
    );
    assert.deepEqual([reply.tokens.length, reply.length], [18, 21]);
  });

  test("stops between calls when cancelled", async () => {
    const cancel = new SharedArrayBuffer(4);
    const { model, calls } = recording(() => Atomics.store(new Int32Array(cancel), 0, 1));
    await assert.rejects(draftRound(model, newSequence(), request(40, cancel), new Set()), { code: "aborted" });
    assert.deepEqual(calls, [16]);
  });

  test("goes on after a call that failed with what the calls before have run", async () => {
    const { model, calls } = recording((count) => {
      if (count === 2) throw new Error("out of memory");
    });
    const sequence = newSequence();
    await assert.rejects(draftRound(model, sequence, request(40), new Set()), /out of memory/);
    assert.equal(sequence.tokens.length, 18);
    assert.equal((await draftRound(model, sequence, request(20), new Set())).tokens.length, 20);
    assert.deepEqual(calls, [16, 16, 16, 4]);
  });

  test("refuses logits that are no numbers, as stepping does", async () => {
    const sequence = newSequence();
    await assert.rejects(draftRound(recording(() => {}, Number.NaN).model, sequence, request(4), new Set()), {
      code: "bad_logits",
    });
    assert.equal(sequence.tokens.length, 0);
  });
});
