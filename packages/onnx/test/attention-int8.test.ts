import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { decode, modelDrafter, type Scores, type Session, sd, seeded, type Token } from "@lenity/core";
import { region } from "../src/cache/split-cache.ts";
import { findCaches } from "../src/graph/cache-ports.ts";
import { type ExportOptions, exportDecoder, exportDrafter, loadModel, type OnnxModel } from "../src/index.ts";
import { importRuntime, openGraph } from "../src/open/open-graph.ts";
import type { LoadRequest } from "../src/protocol/protocol.ts";
import { type Shape, small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { families, familyWeights, writeFamily } from "./random-family.ts";

const shape: Shape = { ...small, context: 1300 };
const tokens = tokensOf(shape.context, 5);
const options: ExportOptions = { cacheType: "int8", calibration: [tokens.slice(0, 400)] };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
let model: OnnxModel;
/** Logits of all tokens, run as one append. */
let whole: Float32Array;

before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model", shape);
  await exportDecoder(dir, options);
  model = await loadModel(dir, { threads: 1 });
  whole = (await (await model.open()).append(tokens)).logits;
});
after(async () => {
  await model.close();
  await folder.remove();
});

const rowsOf = (from: number, to: number) => whole.subarray(from * shape.vocabulary, to * shape.vocabulary);
const step = (session: Session, length: number): Promise<Scores> =>
  session.append(tokens.slice(session.length, session.length + length));

/** The root of the mean square of the differences, as a share of that of the numbers. */
function distance(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  const [apart, size] = a.reduce(([d, n], value, i) => [d + (value - (b[i] as number)) ** 2, n + value ** 2], [0, 0]);
  return Math.sqrt(apart / size);
}

describe("a model with an int8 cache", () => {
  test("knows itself, and scores blocks and singles alike", () => {
    const { family, int8, layers, groups, headSize } = model.graph;
    assert.deepEqual([family, int8, layers, groups, headSize], ["split", true, 2, 2, shape.headSize]);
    const { blockDifference, singleDifference, leak } = model.check;
    assert.deepEqual([blockDifference, singleDifference, leak, model.warnings], [0, 0, 0, []]);
  });

  test("scores nearly as with a float32 cache, up to the end of the context, but not the same", async () => {
    await exportDecoder(dir, { attention: "split", file: "float.onnx" });
    const float = await loadModel(dir, { threads: 1, file: "float.onnx" });
    const apart = distance(whole, (await (await float.open()).append(tokens)).logits);
    await float.close();
    assert.ok(apart > 0 && apart < 0.01, `${apart}`);
  });

  for (const prefix of [0, 1, 100, 255, 256, 257, 511, 513, 1023, 1200]) {
    test(`gives the bits of one block after ${prefix} tokens, for 1 to 64 rows at once`, async () => {
      const session = await model.open();
      await session.append(tokens.slice(0, prefix), { rows: 0 });
      for (const length of [1, 2, 3, 5, 8, 16, 17, 31, 32, 33, 64]) {
        assert.deepEqual((await step(session, length)).logits, rowsOf(prefix, prefix + length), `${length} rows`);
        session.rewind(prefix);
      }
    });
  }

  test("gives the same bits in singles all the way, with no row beside them too", async () => {
    const session = await model.open({ blockExact: false });
    for (let at = 0; at < tokens.length; at++)
      assert.deepEqual((await step(session, 1)).logits, rowsOf(at, at + 1), `token ${at}`);
  });

  test("fills a context that ends with one token of a region of its own", async () => {
    const at = await writeModel(folder.path, "odd", { ...shape, context: 1025 });
    await exportDecoder(at, options);
    const odd = await loadModel(at, { threads: 1 });
    const session = await odd.open();
    await session.append(tokens.slice(0, 1020), { rows: 0 });
    for (const end of [1021, 1023, 1024, 1025])
      assert.deepEqual(
        (await session.append(tokens.slice(session.length, end), { rows: 1 })).logits,
        rowsOf(end - 1, end),
      );
    await odd.close();
  });

  test("gives the same bits whatever was appended and rewound before, across borders too", async () => {
    const random = seeded(3);
    const session = await model.open();
    for (let i = 0; i < 150; i++) {
      // Other tokens are tried and dropped, as refused drafts are.
      const tried = tokensOf(1 + Math.floor(20 * random()), i + 2).slice(0, shape.context - session.length);
      const length = session.length;
      await session.append(tried, { rows: 1 });
      session.rewind(length - (random() < 0.2 ? Math.floor(length * random()) : 0));
      if (session.length > shape.context - 70) session.rewind(region - 3);
      const [from, rows] = [session.length, 1 + Math.floor(64 * random() ** 2)];
      assert.deepEqual((await step(session, rows)).logits, rowsOf(from, from + rows), `${rows} rows at ${from}`);
    }
  });

  test("gives the same bits after a kept prefix as without one", async () => {
    const told = await model.open();
    await told.append(tokens.slice(0, 700), { rows: 0 });
    await told.close();
    for (const kept of [699, 512, 300, 40]) {
      const session = await model.open({
        prompt: [...tokens.slice(0, kept), ((tokens[kept] as Token) + 1) % shape.vocabulary],
      });
      assert.equal(session.length, kept);
      assert.deepEqual((await step(session, 20)).logits, rowsOf(kept, kept + 20), `after ${kept}`);
      // Gives its rows back to be kept.
      await session.close();
    }
  });

  test("does not change earlier rows with later tokens", async () => {
    for (const prefix of [0, 250, 600]) {
      const session = await model.open();
      await session.append(tokens.slice(0, prefix), { rows: 0 });
      const block = tokens.slice(prefix, prefix + 17);
      const changed = [...block.slice(0, -1), ((block.at(-1) ?? 0) + 1) % shape.vocabulary];
      assert.deepEqual(
        (await session.append(changed)).logits.slice(0, 16 * shape.vocabulary),
        rowsOf(prefix, prefix + 16),
      );
    }
  });

  test("says with drafts what it says without, under a lossless policy", async () => {
    const draft = await loadModel(await writeModel(folder.path, "draft", { ...small, layers: 1, context: 1300 }), {
      threads: 1,
    });
    const textOf = async (more: Partial<Parameters<typeof decode>[1]>) => {
      const said: Token[] = [];
      const prompt = tokensOf(230, 3);
      for await (const event of decode(prompt, { target: model, maxTokens: 60, sampling: { temperature: 0 }, ...more }))
        if (event.type !== "finish") said.push(...event.tokens.map(({ token }) => token));
      return said;
    };
    const plain = await textOf({});
    for (const draftTokens of [2, 7, 15])
      assert.deepEqual(await textOf({ drafter: modelDrafter(draft), verifier: sd(), draftTokens }), plain);
    await draft.close();
  });

  test("is exact with biases, head norms, int8 weights, several threads and heads of any size", async () => {
    const forms = families
      .filter(({ name }) => /^qwen/.test(name))
      .map((family, i) => ({ family, i, size: [16, 144][i % 2] }));
    for (const { family, i, size } of forms) {
      const its = { ...small, ...family.shape, headSize: size as number, context: 1100 };
      const at = join(folder.path, `family-${i}`);
      await writeFamily(at, family, its, familyWeights(family, its, i + 1));
      const ids = tokensOf(600, i + 1, its.vocabulary);
      await exportDecoder(at, { weights: "int8", cacheType: "int8", calibration: [ids.slice(0, 200)] });
      const other = await loadModel(at, { threads: 2, dtype: "int8" });
      const session = await other.open();
      await session.append(ids.slice(0, 560), { rows: 0 });
      const block = (await session.append(ids.slice(560))).logits;
      session.rewind(560);
      const pieces: number[] = [];
      for (const length of [1, 17, 1, 2, 19])
        pieces.push(...(await session.append(ids.slice(session.length, session.length + length))).logits);
      await other.close();
      assert.deepEqual(Float32Array.from(pieces), block, family.name);
    }
  });

  test("is refused by processors on which int8 products overflow", async () => {
    const runtime = await importRuntime();
    const request: LoadRequest = {
      ...{ type: "load", name: "m", file: model.graph.file, threads: 1, spin: Number.POSITIVE_INFINITY, eos: [] },
      ...{ width: shape.vocabulary, vocabulary: shape.vocabulary, unused: new Set(), contextLength: shape.context },
    };
    await assert.rejects(
      openGraph(runtime, request, async () => true),
      { code: "unsupported", message: /int8 products overflow on this processor.*--cache-type float32/ },
    );
    const { graph } = await openGraph(runtime, request, async () => false);
    assert.equal(graph.int8, true);
    await graph.session.release();
  });

  test("is refused with regions of another length", () => {
    const port = (name: string) => ({ name, type: "int8", shape: ["regions", 2, 16, 128] });
    const inputs = ["past_key_values.0.key", "past_key_values.0.value", "tail_keys.0", "tail_values.0"].map(port);
    assert.throws(
      () => findCaches(inputs, [], (what) => new Error(`The file ${what}`)),
      /has int8 keys of shape \[regions, 2, 16, 128\]; expected \[regions, heads, head size, 256\]/,
    );
  });

  test("is written only with calibration, split attention and no drafter file", async () => {
    const write = (more: ExportOptions) => exportDecoder(dir, { ...options, file: "other.onnx", ...more });
    await assert.rejects(write({ calibration: undefined }), { code: "invalid_request", message: /needs calibration/ });
    await assert.rejects(write({ attention: "gqa" }), { name: "TypeError", message: /applies only to "split"/ });
    await assert.rejects(write({ cacheType: "int4" as "int8" }), { name: "RangeError", message: /cacheType is int4/ });
    await assert.rejects(exportDrafter(dir, options), { code: "unsupported" });
  });
});
