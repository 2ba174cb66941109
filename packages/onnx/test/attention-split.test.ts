import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Scores, type Session, seeded } from "@lenity/core";
import { region } from "../src/cache/split-cache.ts";
import { type ExportOptions, exportDecoder, exportDrafter, loadModel, type OnnxModel } from "../src/index.ts";
import {
  randomWeights,
  type Shape,
  small,
  temporaryFolder,
  tokensOf,
  writeModel,
} from "../src/testing/random-llama.ts";
import { families, familyWeights, writeFamily } from "./random-family.ts";
import { reference } from "./reference-llama.ts";

const shape: Shape = { ...small, context: 1300 };
const tokens = tokensOf(shape.context, 5);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
let split: OnnxModel;
let gqa: OnnxModel;
/** Logits of all tokens, run as one append. */
let whole: Float32Array;

before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model", shape);
  await exportDecoder(dir, { attention: "gqa", file: "gqa.onnx" });
  split = await loadModel(dir, { threads: 1 });
  gqa = await loadModel(dir, { threads: 1, file: "gqa.onnx" });
  whole = (await (await split.open()).append(tokens)).logits;
});
after(async () => {
  await split.close();
  await gqa.close();
  await folder.remove();
});

const rowsOf = (from: number, to: number) => whole.subarray(from * shape.vocabulary, to * shape.vocabulary);
const step = (session: Session, length: number): Promise<Scores> =>
  session.append(tokens.slice(session.length, session.length + length));

function furthest(a: Float32Array, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

describe("a model with split attention", () => {
  test("is what exportDecoder writes for contexts above 1024, and knows itself", async () => {
    assert.deepEqual([split.graph.family, gqa.graph.family], ["split", "new-rows"]);
    assert.deepEqual(
      [split.graph.layers, split.graph.groups, split.graph.headSize],
      [shape.layers, shape.groups, shape.headSize],
    );
    const short = await writeModel(folder.path, "short", { ...shape, context: 1024 });
    const [standard, asked] = [
      await exportDecoder(short),
      await exportDecoder(short, { attention: "gqa", file: "asked.onnx" }),
    ];
    assert.deepEqual(await readFile(standard), await readFile(asked));
  });

  test("scores as a float64 computation, across a border of regions", async () => {
    const expected = reference(shape, randomWeights(shape), tokens.slice(0, 300)).logits;
    assert.ok(furthest(whole.slice(0, 300 * shape.vocabulary), expected.flat()) < 1e-4);
  });

  test("scores as GroupQueryAttention does, up to the end of the context", async () => {
    assert.ok(furthest(whole, (await (await gqa.open()).append(tokens)).logits) < 1e-4);
  });

  for (const prefix of [0, 1, 100, 254, 255, 256, 257, 500, 511, 512, 513, 767, 1023, 1200]) {
    test(`gives the bits of one block after ${prefix} tokens, for 1 to 64 rows at once`, async () => {
      const session = await split.open();
      await session.append(tokens.slice(0, prefix), { rows: 0 });
      for (const length of [1, 2, 3, 5, 8, 16, 17, 31, 32, 33, 64]) {
        assert.deepEqual((await step(session, length)).logits, rowsOf(prefix, prefix + length), `${length} rows`);
        session.rewind(prefix);
      }
    });
  }

  test("gives the same bits in singles all the way", async () => {
    const session = await split.open();
    for (let at = 0; at < tokens.length; at++)
      assert.deepEqual((await step(session, 1)).logits, rowsOf(at, at + 1), `token ${at}`);
  });

  test("fills a context that ends with one token of a region of its own", async () => {
    const model = await loadModel(await writeModel(folder.path, "odd", { ...shape, context: 1025 }), { threads: 1 });
    const [one, other] = [await model.open(), await model.open()];
    const last = (await one.append(tokens.slice(0, 1025), { rows: 1 })).logits;
    await other.append(tokens.slice(0, 1020), { rows: 0 });
    for (const at of [1020, 1022, 1023]) await other.append(tokens.slice(other.length, at + 1), { rows: 1 });
    assert.deepEqual((await other.append(tokens.slice(1024, 1025))).logits, last);
    assert.ok(furthest(last, rowsOf(1024, 1025)) < 1e-4);
    await model.close();
  });

  test("gives the same bits whatever was appended and rewound before, across borders too", async () => {
    const random = seeded(3);
    const session = await split.open();
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

  test("gives the same bits with more threads than groups, where the runtime cuts matrices by their size", async () => {
    const wide = { ...shape, heads: 4, groups: 1, headSize: 64, layers: 1 };
    const model = await loadModel(await writeModel(folder.path, "wide", wide), { threads: 2 });
    const [one, other] = [await model.open(), await model.open()];
    const expected = (await one.append(tokens)).logits;
    await other.append(tokens.slice(0, 1200), { rows: 0 });
    for (const length of [1, 2, 3, 5, 17]) {
      const { logits } = await other.append(tokens.slice(1200, 1200 + length));
      assert.deepEqual(
        logits,
        expected.slice(1200 * wide.vocabulary, (1200 + length) * wide.vocabulary),
        `${length} rows`,
      );
      other.rewind(1200);
    }
    await model.close();
  });

  test("is refused for heads whose sums the runtime groups by the block, and not written for them unasked", async () => {
    const odd = await writeModel(folder.path, "heads", { ...shape, headSize: 144 });
    const asked = exportDecoder(odd, { attention: "split", file: "split.onnx" });
    await assert.rejects(asked, { code: "unsupported", message: /these have 144/ });
    await assert.rejects(exportDecoder(odd, { attention: "flash" as "gqa" }), {
      name: "RangeError",
      message: /attention is flash/,
    });
    const long = await loadModel(odd, { threads: 1 });
    assert.equal(long.graph.family, "new-rows");
    await long.close();
  });

  test("is exact with biases, head norms and int8 too", async () => {
    for (const [i, family] of families.filter(({ name }) => /^qwen/.test(name)).entries()) {
      const its = { ...small, ...family.shape, context: 1100 };
      const at = join(folder.path, `family-${i}`);
      await writeFamily(at, family, its, familyWeights(family, its, i + 1));
      const ids = tokensOf(600, i + 1, its.vocabulary);
      /** The last 40 rows: as one block, and in pieces. */
      const rows = async (options: ExportOptions) => {
        const file = `${options.attention}-${options.weights}.onnx`;
        await exportDecoder(at, { ...options, file });
        const model = await loadModel(at, { threads: 1, file });
        const session = await model.open();
        await session.append(ids.slice(0, 560), { rows: 0 });
        const block = (await session.append(ids.slice(560))).logits;
        session.rewind(560);
        const pieces: number[] = [];
        for (const length of [1, 17, 1, 2, 19])
          pieces.push(...(await session.append(ids.slice(session.length, session.length + length))).logits);
        await model.close();
        return { block, pieces: Float32Array.from(pieces) };
      };
      const int8 = await rows({ attention: "split", weights: "int8", activations: "per-row" });
      assert.deepEqual(int8.pieces, int8.block, family.name);
      const float = await rows({ attention: "split", weights: "float32" });
      assert.deepEqual(float.pieces, float.block, family.name);
      assert.ok(
        furthest(float.block, (await rows({ attention: "gqa", weights: "float32" })).block) < 2e-4,
        family.name,
      );
    }
  });

  test("has no drafter file, which would share another cache", async () => {
    await assert.rejects(exportDrafter(dir), { code: "unsupported", message: /Export both with attention: "gqa"/ });
    await exportDrafter(dir, { attention: "gqa", file: "gqa.onnx" });
    const model = await loadModel(dir, { threads: 1, file: "gqa.onnx" });
    assert.match(model.graph.drafter ?? "", /gqa\.drafter\.onnx$/);
    await model.close();
  });

  test("does not change earlier rows with later tokens", async () => {
    for (const prefix of [0, 250, 600]) {
      const [one, other] = [await split.open(), await split.open()];
      const block = tokens.slice(prefix, prefix + 17);
      const changed = [...block.slice(0, -1), ((block.at(-1) ?? 0) + 1) % shape.vocabulary];
      for (const session of [one, other]) await session.append(tokens.slice(0, prefix), { rows: 0 });
      const rows = 16 * shape.vocabulary;
      assert.deepEqual(
        (await one.append(block)).logits.slice(0, rows),
        (await other.append(changed)).logits.slice(0, rows),
      );
    }
  });
});
