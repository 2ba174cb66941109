/** Requests that are decoded at the same time share runs, and say what they say alone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type DecodeOptions, decode, defaultRegistry, LenityError, type Token } from "@lenity/core";
import type { Batch } from "../src/batch/gathering.ts";
import { runBatch } from "../src/batch/run-batch.ts";
import { region } from "../src/cache/split-cache.ts";
import { isExactTogether } from "../src/checks/batch-check.ts";
import { exportDecoder, exportDrafter, loadModel, loadPair, type OnnxModel, type Pair } from "../src/index.ts";
import { importRuntime, openGraph } from "../src/open/open-graph.ts";
import type { LoadRequest } from "../src/protocol/protocol.ts";
import type { Model } from "../src/run/sequence.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";

const shape = { ...small, vocabulary: 300 };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: { readonly target: string; readonly draft: string; readonly long: string; readonly deep: string };
/** Tokens that fit a model of more than two regions. */
const context = 2 * region + 60;
/** The same pair, with runs that are shared and runs that are not. */
let shared: Pair;
let apart: Pair;

before(async () => {
  folder = await temporaryFolder();
  const write = async (name: string, layers: number, context: number = shape.context) => {
    const dir = await writeModel(folder.path, name, { ...shape, layers, context });
    await writeTokenizer(dir);
    return dir;
  };
  home = {
    target: await write("target", 2),
    draft: await write("draft", 1),
    long: await write("long", 2, context),
    deep: await write("deep", 8),
  };
  await exportDrafter(home.draft);
  const calibration = [tokensOf(60, 4)];
  await exportDecoder(home.target, { weights: "int8", calibration, file: "int8.onnx" });
  await exportDecoder(home.target, { weights: "int4", file: "int4.onnx" });
  // Rows are multiplied in pairs.
  await exportDecoder(home.target, { weights: "int4", int4: { block: 64 }, file: "pairs.onnx" });
  await exportDecoder(home.target, { attention: "split", file: "split.onnx" });
  // So deep that nodes of the file and of its form for several sequences could get the same names.
  await exportDecoder(home.deep, { weights: "int4", file: "int4.onnx" });
  await exportDecoder(home.long, { attention: "split", file: "split.onnx" });
  await exportDecoder(home.target, { attention: "split", cacheType: "int8", calibration, file: "coarse.onnx" });
  await writeForm(home.target, "concat.onnx", shape, { concat: true });
  shared = await loadPair(home.target, home.draft, { threads: 1 });
  apart = await loadPair(home.target, home.draft, { threads: 1, batchBytes: 0 });
});
after(async () => {
  await shared.close();
  await apart.close();
  await folder.remove();
});

const weight = Array.from({ length: small.width }, (_, i) => (i % 2 === 0 ? 0.5 : -0.4));
const registry = defaultRegistry({ judge: { hidden: "pre-norm", weight, bias: 0 } });

async function answer(target: OnnxModel, prompt: readonly Token[], options: Partial<DecodeOptions>) {
  const tokens: Token[] = [];
  for await (const event of decode(prompt, { target, maxTokens: 30, ...options }))
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

/** Sixteen prompts of other lengths, so that sequences come, go and cross the borders of caches at other times. */
const prompts = Array.from({ length: 16 }, (_, at) => tokensOf(3 + 9 * at, 3 + at));

type Asking = (pair: Pair) => Partial<DecodeOptions>;
const drafted =
  (policy: Parameters<typeof registry.create>[0], more: Partial<DecodeOptions> = {}): Asking =>
  (pair) => ({ drafter: pair.drafter(), verifier: registry.create(policy), draftTokens: 6, ...more });
const ways: Readonly<Record<string, Asking>> = {
  "plainly, each token alone": () => ({}),
  "plainly, with the rows of blocks": () => ({ blockExact: true }),
  "plainly, by chance": () => ({ sampling: { temperature: 1, topP: 0.9 }, seed: 3 }),
  "with strict": drafted("strict"),
  "with judi": drafted("judi"),
  "with judge": drafted("judge"),
  "with block, by chance": drafted("block", { sampling: { temperature: 0.8 }, seed: 4 }),
  "with coupled": drafted({ type: "coupled" }, { sampling: { temperature: 1 }, seed: 5 }),
  "with long drafts": drafted("strict", { draftTokens: 40 }),
};

describe("sixteen answers at once are those that are given one after another,", () => {
  for (const [way, asking] of Object.entries(ways)) {
    test(way, async () => {
      assert.equal(shared.target.graph.slots, 8);
      assert.equal(apart.target.graph.slots, undefined);
      const expected: Token[][] = [];
      for (const prompt of prompts) expected.push(await answer(apart.target, prompt, asking(apart)));
      const found = await Promise.all(prompts.map((prompt) => answer(shared.target, prompt, asking(shared))));
      assert.deepEqual(found, expected);
    });
  }

  for (const [kind, file, slots] of [
    ["an int8 file", "int8.onnx", 8],
    ["an int4 file", "int4.onnx", 8],
    ["a file with split attention", "split.onnx", 4],
  ] as const) {
    test(`from ${kind}`, async () => {
      const options = { file, threads: 1 };
      const [together, single] = [
        await loadModel(home.target, options),
        await loadModel(home.target, { ...options, batchBytes: 0 }),
      ];
      try {
        assert.equal(together.graph.slots, slots);
        const expected: Token[][] = [];
        for (const prompt of prompts) expected.push(await answer(single, prompt, {}));
        assert.deepEqual(await Promise.all(prompts.map((prompt) => answer(together, prompt, {}))), expected);
      } finally {
        await together.close();
        await single.close();
      }
    });
  }

  test("across the regions of split attention, in blocks and after rewinding", async () => {
    const options = { file: "split.onnx", threads: 1 };
    const [together, single] = [
      await loadModel(home.long, options),
      await loadModel(home.long, { ...options, batchBytes: 0 }),
    ];
    try {
      const ask = async (target: OnnxModel, at: number) => {
        const session = await target.open();
        const text = tokensOf(context, 7 + at);
        const rows: Float32Array[] = [];
        await session.append(text.slice(0, region - 20 + 3 * at), { rows: 0 });
        for (const length of [5, 1, 9, 12, 1, 30]) {
          const { logits } = await session.append(text.slice(session.length, session.length + length));
          rows.push(logits);
          await session.rewind(session.length - (length % 4));
        }
        await session.close();
        return rows;
      };
      const asked = [0, 1, 2, 3, 4, 5];
      const expected: Float32Array[][] = [];
      for (const at of asked) expected.push(await ask(single, at));
      assert.deepEqual(await Promise.all(asked.map((at) => ask(together, at))), expected);
    } finally {
      await together.close();
      await single.close();
    }
  });
});

describe("beside others that share its runs, a session", () => {
  test("that is cancelled, or whose context is full, leaves their answers as they are", async () => {
    const expected: Token[][] = [];
    for (const prompt of prompts.slice(0, 6)) expected.push(await answer(apart.target, prompt, {}));
    const cancelled = new AbortController();
    const odd = answer(shared.target, tokensOf(20, 2), { maxTokens: 250, signal: cancelled.signal }).catch(
      (error) => error as unknown,
    );
    const full = await shared.target.open();
    await full.append(tokensOf(shape.context - 1, 2), { rows: 1 });
    const overflow = full.append([1, 2, 3]).catch((error) => error as unknown);
    const answers = Promise.all(prompts.slice(0, 6).map((prompt) => answer(shared.target, prompt, {})));
    setTimeout(() => cancelled.abort(), 20);
    assert.deepEqual(await answers, expected);
    for (const [error, code] of [
      [await odd, "aborted"],
      [await overflow, "context_full"],
    ] as const)
      assert.ok(error instanceof LenityError && error.code === code, String(error));
    // The last place of the context has no room for a second row.
    const last = await full.append([1], { rows: 1 });
    assert.ok(last.logits.every(Number.isFinite));
    await full.close();
  });

  test("that closes and opens again in the same worker gives the same answer from its kept cache", async () => {
    const [expected] = [await answer(apart.target, prompts[9] as Token[], { blockExact: true })];
    const twice = async () => {
      await answer(shared.target, prompts[9] as Token[], { blockExact: true });
      return answer(shared.target, prompts[9] as Token[], { blockExact: true });
    };
    const [first, second] = await Promise.all([twice(), twice(), answer(shared.target, prompts[3] as Token[], {})]);
    assert.deepEqual(first, expected);
    assert.deepEqual(second, expected);
  });
});

/** An opened file as the worker has it. */
async function opened(file: string, batchBytes = 2 ** 20, dir: keyof typeof home = "target"): Promise<Model> {
  const contextLength = dir === "long" ? context : shape.context;
  const facts = { name: "model", width: 300, vocabulary: 300, unused: new Set<Token>(), contextLength };
  const request = { ...facts, type: "load", file: join(home[dir], file), threads: 1, spin: 500, eos: [] } as const;
  const { graph } = await openGraph(await importRuntime(), { ...request, batchBytes } satisfies LoadRequest);
  return { ...facts, graph };
}

/** Opens the model's graph for several sequences. */
async function batchOf(model: Model): Promise<Batch> {
  const form = model.graph.batched;
  assert.ok(form !== undefined);
  const session = await form.open();
  return { ...form, run: (passes) => runBatch(model.graph, { session, slots: form.slots }, passes) };
}

describe("a graph for several sequences", () => {
  for (const [dir, file] of [
    ["target", "onnx/model.onnx"],
    ["target", "int8.onnx"],
    ["target", "pairs.onnx"],
    ["deep", "int4.onnx"],
    ["target", "split.onnx"],
    ["long", "split.onnx"],
  ] as const) {
    test(`of ${dir}/${file} gives the bits of runs for one`, async () => {
      const model = await opened(file, undefined, dir);
      assert.equal(await isExactTogether(model, await batchOf(model)), true);
    });
  }

  test("is refused when one number differs, or when it fails", async () => {
    const model = await opened("onnx/model.onnx");
    const batch = await batchOf(model);
    const wrong = (spoil: (cells: Float32Array) => void, output: string): Batch => ({
      ...batch,
      async run(passes) {
        const results = (await batch.run(passes)) ?? [];
        spoil(results[1]?.[output]?.data as Float32Array);
        return results;
      },
    });
    const nudge = (cells: Float32Array) => {
      cells[7] = (cells[7] as number) * (1 + 2 ** -20);
    };
    assert.equal(await isExactTogether(model, wrong(nudge, "logits")), false);
    const shift = (cells: Float32Array) => {
      cells[7] = (cells[7] as number) + 0.5;
    };
    assert.equal(await isExactTogether(model, wrong(shift, "present_rows")), false);
    const failing: Batch = { ...batch, run: () => Promise.reject(new Error("no memory")) };
    assert.equal(await isExactTogether(model, failing), false);
  });

  test("does not exist for other attention, nor beyond the bytes that are allowed", async () => {
    for (const file of ["coarse.onnx", "concat.onnx"])
      assert.equal((await opened(file)).graph.batched, undefined, file);
    assert.equal((await opened("onnx/model.onnx", 1000)).graph.batched, undefined);
  });

  test("needs a sensible number of bytes", async () => {
    await assert.rejects(loadModel(home.target, { batchBytes: -1 }), /batchBytes is -1; expected 0 or more/);
  });
});
