/**
 * Models that other programs wrote, which lie beside the project (../shared/foreign) on the machines that have them:
 * each says what its own program says. Elsewhere families.test.ts holds graphs of the same kinds. Nothing of them is
 * copied into the project.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type DecodeOptions,
  type Drafter,
  decode,
  type HiddenKind,
  lookupDrafter,
  modelDrafter,
  type Token,
} from "@lenity/core";
import { skipFor } from "../../../test/skips.ts";
import {
  exportDecoder,
  type LoadOptions,
  loadModel,
  loadTokenizer,
  type OnnxModel,
  onnxDrafter,
} from "../src/index.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";

const foreign = fileURLToPath(new URL("../../../../shared/foreign", import.meta.url));
const skip = skipFor("models of other programs", !existsSync(foreign) && `there is no ${foreign}`);

/** What a folder holds, by its name. */
interface Case {
  readonly family: OnnxModel["graph"]["family"];
  /** How many letters of the expected text it says. Default: all; undefined for models that were not trained. */
  readonly letters?: number | undefined;
  readonly hidden?: readonly string[];
  readonly contextLength: number;
}

const both = ["pre-norm", "post-norm"];
const stories = { contextLength: 512, letters: Number.POSITIVE_INFINITY } as const;
const random = { contextLength: 256 } as const;
const cases: Readonly<Record<string, Case>> = {
  "stories-optimum-1.24": { family: "concat", ...stories },
  "stories-genai-0.14": { family: "new-rows", ...stories },
  "stories-genai-0.14-int4": { family: "new-rows", ...stories, letters: 87 },
  "stories-genai-0.15": { family: "new-rows", ...stories },
  "stories-genai-0.14-prune-lm-head": { family: "new-rows", ...stories },
  "random-genai-HEAD-llama": { family: "new-rows", ...random },
  "random-genai-HEAD-mistral": { family: "new-rows", ...random },
  "random-genai-v0.15.2-qwen2": { family: "new-rows", ...random },
  "random-optimum-bloom": { family: "concat", contextLength: 512 },
  "tiny-qwen35-int32": { family: "new-rows", contextLength: 128 },
};

const bos = 1;
const here = (name: string, ...path: string[]) => join(foreign, name, ...path);
const expectedText = () => readFile(here("stories-expected.txt"), "utf8");

async function using<T>(dir: string, use: (model: OnnxModel) => Promise<T>, options: LoadOptions = {}): Promise<T> {
  const model = await loadModel(dir, { threads: 1, ...options });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

/** Greedy tokens, also those that would end an answer. */
async function said(prompt: readonly Token[], target: OnnxModel, options: Partial<DecodeOptions>): Promise<Token[]> {
  const tokens: Token[] = [];
  const settings = { draftTokens: 8, blockExact: true, ...options };
  for await (const event of decode(prompt, { target: { ...target, eos: [] }, ...settings })) {
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  }
  return tokens;
}

const drafters = (model: OnnxModel): readonly Drafter[] => [onnxDrafter(model), modelDrafter(model), lookupDrafter()];

async function assertSays(dir: string, model: OnnxModel, letters: number): Promise<void> {
  const tokenizer = await loadTokenizer(dir);
  const text = tokenizer.decode(await said([bos], model, { maxTokens: 200 })).trim();
  const expected = (await expectedText()).trim();
  assert.equal(text.slice(0, letters), expected.slice(0, letters));
}

const furthest = (found: Float32Array, expected: Float32Array): number => {
  assert.equal(found.length, expected.length);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
};

test("every foreign folder is run by a test of this file", { skip }, () => {
  const folders = readdirSync(foreign, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), [...Object.keys(cases), "stories-safetensors"].sort());
});

for (const [name, { family, letters, contextLength }] of Object.entries(cases)) {
  describe(`foreign ${name}`, { skip }, () => {
    let model: OnnxModel;
    before(async () => {
      if (skip === false) model = await loadModel(here(name), { threads: 1 });
    });
    after(() => model?.close());

    test("is known for what it is, without a note", () => {
      assert.deepEqual([model.graph.family, model.graph.newRows, model.contextLength], [family, true, contextLength]);
      assert.deepEqual([Object.keys(model.hidden), model.notes], [both, []]);
      const { hiddenLayers, layers } = model.graph;
      assert.deepEqual(
        hiddenLayers,
        Array.from({ length: layers }, (_, n) => n + 1),
      );
      assert.deepEqual([model.check.blockDifference, model.check.leak], [0, 0]);
    });

    if (letters !== undefined) test("says what it is known to say", () => assertSays(here(name), model, letters));

    if (existsSync(here(name, "ref.logits"))) {
      test("scores as the original does, singly, in blocks and after rewinding", async () => {
        const tokens: Token[] = JSON.parse(await readFile(here(name, "ref.seq.json"), "utf8"));
        const bytes = await readFile(here(name, "ref.logits"));
        const expected = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
        const session = await model.open();
        for (const size of [1, 3, 16, 60]) {
          session.rewind(0);
          const rows: number[] = [];
          for (let at = 0; at < tokens.length; at += size)
            rows.push(...(await session.append(tokens.slice(at, at + size))).logits);
          assert.ok(furthest(Float32Array.from(rows), expected) < 1e-4, `in blocks of ${size}`);
        }
        for (const length of [50, 7, 0]) {
          session.rewind(length);
          await session.append([400, 300, 200, 100]);
          session.rewind(length);
          const { logits } = await session.append(tokens.slice(length));
          assert.ok(
            furthest(logits, expected.subarray(length * model.vocabulary)) < 1e-4,
            `after rewinding to ${length}`,
          );
        }
        await session.close();
      });

      test("says the greedy tokens of the original", async () => {
        const { prompt, tokens } = JSON.parse(await readFile(here(name, "ref.json"), "utf8"));
        assert.deepEqual(await said(prompt, model, { maxTokens: tokens.length }), tokens);
      });
    }

    if (name.endsWith("prune-lm-head")) {
      test("warns that it decodes plainly, drafts for others, and verifies no draft", async () => {
        assert.equal(model.lastOnly, true);
        assert.match(
          model.warnings.join(),
          /scores only the last position of a block.*decodes one token at a time.*prune_lm_head=false/,
        );
        await assert.rejects(said([bos], model, { drafter: lookupDrafter() }), {
          code: "unsupported",
          path: "draftTokens",
          message:
            /scores only the last position of a block\. Set the number of draft tokens to 0 for plain decoding, or export the model with/,
        });
        await using(here("stories-genai-0.14"), async (target) => {
          const plain = await said([bos], target, { maxTokens: 60 });
          for (const drafter of drafters(model))
            assert.deepEqual(await said([bos], target, { drafter, maxTokens: 60 }), plain);
        });
      });
    } else {
      test("scores the same singly, in blocks and after rewinding, to the bit", async () => {
        const tokens = Array.from({ length: 100 }, (_, i) => 3 + ((i * 7919) % 500));
        const session = await model.open();
        const { logits: whole } = await session.append(tokens);
        for (const [from, size] of [
          [0, 1],
          [70, 3],
          [5, 40],
          [99, 1],
          [20, 17],
        ] as const) {
          session.rewind(from);
          for (let at = from; at < tokens.length; at += size) {
            const { logits } = await session.append(tokens.slice(at, at + size));
            const expected = whole.subarray(at * model.vocabulary, at * model.vocabulary + logits.length);
            assert.equal(furthest(logits, expected), 0, `${size} from ${at} on`);
          }
        }
        await session.close();
      });

      test("says under strict verification what it says plainly, to the token", async () => {
        const maxTokens = Math.min(200, contextLength - 20);
        for (const prompt of [[bos], [bos, 403, 407, 261, 378, 432, 383, 286]]) {
          const plain = await said(prompt, model, { maxTokens });
          for (const drafter of drafters(model))
            assert.deepEqual(await said(prompt, model, { drafter, maxTokens }), plain);
        }
      });
    }
  });
}

test("the stories models of several programs score alike", { skip }, async () => {
  const tokens = await using(here("stories-genai-0.14"), (model) => said([bos], model, { maxTokens: 150 }));
  const rowsOf = (name: string, size: number) =>
    using(here(name), async (model) => {
      const session = await model.open();
      const rows: number[] = [];
      for (let at = 0; at < tokens.length; at += size)
        rows.push(...(await session.append(tokens.slice(at, at + size))).logits);
      return Float32Array.from(rows);
    });
  const expected = await rowsOf("stories-optimum-1.24", tokens.length);
  for (const name of ["stories-genai-0.14", "stories-genai-0.15"]) {
    for (const size of [1, 7, tokens.length])
      assert.ok(furthest(await rowsOf(name, size), expected) < 1e-4, `${name} in blocks of ${size}`);
  }
});

test("the stories models of several programs have the same hidden states after every layer", { skip }, async () => {
  const hidden = [1, 2, 3, 4, 5].flatMap((n): HiddenKind[] => [`layer-${n}`, `layer-${n}-norm`]);
  const tokens = Array.from({ length: 40 }, (_, i) => 3 + ((i * 7919) % 500));
  const read = (name: string) =>
    using(
      here(name),
      async (model) => {
        assert.deepEqual([model.graph.hiddenLayers, model.graph.missing], [[1, 2, 3, 4, 5], []]);
        const session = await model.open();
        const states: Float32Array[] = [];
        for (const kind of hidden) {
          session.rewind(0);
          states.push((await session.append(tokens, { hidden: kind, rows: 1 })).hidden as Float32Array);
        }
        return states;
      },
      { hidden },
    );
  const expected = await read("stories-optimum-1.24");
  for (const name of ["stories-genai-0.14", "stories-genai-0.15", "stories-genai-0.14-prune-lm-head"]) {
    for (const [i, states] of (await read(name)).entries())
      assert.ok(furthest(states, expected[i] as Float32Array) < 1e-4, `${hidden[i]} of ${name}`);
  }
});

describe("foreign stories-safetensors", { skip }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  for (const weights of ["float16", "float32"] as const) {
    for (const attention of ["gqa", "split"] as const) {
      test(`exported with ${weights} weights and ${attention} attention says what it is known to say`, async () => {
        const dir = join(folder.path, `${weights}-${attention}`);
        await mkdir(dir);
        for (const file of await readdir(here("stories-safetensors")))
          await copyFile(here("stories-safetensors", file), join(dir, file));
        await exportDecoder(dir, { weights, attention });
        await using(dir, async (model) => {
          await assertSays(dir, model, Number.POSITIVE_INFINITY);
          const plain = await said([bos], model, { maxTokens: 200 });
          for (const drafter of drafters(model))
            assert.deepEqual(await said([bos], model, { drafter, maxTokens: 200 }), plain);
        });
      });
    }
  }
});
