/** What a folder says of how answers end and are sampled: used, or told. */
import assert from "node:assert/strict";
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { complete } from "@lenity/core";
import * as ort from "onnxruntime-web";
import { filesIn } from "../src/folder/disk-files.ts";
import { inspectModel, loadModel, loadTokenizer } from "../src/index.ts";
import { configOf, small, temporaryFolder, writeModel } from "../src/testing/random-llama.ts";
import { writeTexts } from "../src/testing/random-tokenizer.ts";
import { loadModel as loadInPage } from "../src/web/index.ts";

ort.env.wasm.numThreads = 1;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let whole: string;
const ordinary = Array.from({ length: small.vocabulary }, (_, id) => String.fromCharCode(0x4e00 + id));
before(async () => {
  folder = await temporaryFolder();
  whole = await writeModel(folder.path, "whole");
  await writeTexts(whole, ordinary);
});
after(() => folder.remove());

type Files = Readonly<Record<string, unknown>>;
const config = configOf(small);

/**
 * The model in a folder of its own with these files, and with the token `end` as an added one: `<|im_end|>`, which
 * tokenizer.json does not call special.
 */
async function folderWith(files: Files, end?: number): Promise<string> {
  const dir = join(folder.path, "copy");
  await rm(dir, { recursive: true, force: true });
  await cp(whole, dir, { recursive: true });
  if (end !== undefined) {
    const texts = ordinary.map((text, id) => (id === end ? undefined : text));
    await writeTexts(dir, texts, { [end]: "<|im_end|>" }, false);
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), JSON.stringify(content));
  return dir;
}

/** What a model of these files ends with and warns of. */
async function told(files: Files, end?: number) {
  const model = await loadModel(await folderWith(files, end), { threads: 1 });
  await model.close();
  return { eos: model.eos, warnings: model.warnings };
}

const named = { eos_token: "<|im_end|>" };

describe("the eos_token of tokenizer_config.json", () => {
  test("ends answers beside those of the configuration, or where that has none", async () => {
    const { eos_token_id: _, ...silent } = config;
    for (const [files, eos] of [
      [{}, [0, 7]],
      [{ "generation_config.json": { eos_token_id: [3, 4] } }, [3, 4, 7]],
      [{ "generation_config.json": { eos_token_id: [7, 3] } }, [7, 3]],
      [{ "generation_config.json": { do_sample: true } }, [0, 7]],
      [{ "config.json": silent }, [7]],
      [
        { "config.json": silent, "generation_config.json": {}, "genai_config.json": { model: { eos_token_id: 5 } } },
        [5, 7],
      ],
      [{ "config.json": { ...config, eos_token_id: null } }, [7]],
      [{ "tokenizer_config.json": { eos_token: { content: "<|im_end|>", special: true } } }, [0, 7]],
      [{ "tokenizer_config.json": { eos_token: null } }, [0]],
      [{ "tokenizer_config.json": { eos_token: "<|unheard-of|>" } }, [0]],
    ] as const) {
      assert.deepEqual(
        await told({ "tokenizer_config.json": named, ...files }, 7),
        { eos, warnings: [] },
        JSON.stringify(files),
      );
    }
  });

  test("is left alone where the model has no place for it", async () =>
    assert.deepEqual((await told({ "tokenizer_config.json": named }, small.vocabulary)).eos, [0]));

  test("ends the answer that went on without it, and is no part of its text", async () => {
    const dir = await folderWith({});
    const open = async () => ({
      target: await loadModel(dir, { threads: 1 }),
      tokenizer: await loadTokenizer(dir),
      maxTokens: 12,
    });
    const plain = await open();
    const before = await complete([1, 2, 3], plain);
    await plain.target.close();
    assert.equal(before.reason, "length");
    const tokens = before.tokens.map(({ token }) => token);
    const end = tokens[6] as number;
    const at = tokens.indexOf(end);
    await folderWith({ "tokenizer_config.json": named }, end);
    const ending = await open();
    const after = await complete([1, 2, 3], ending);
    await ending.target.close();
    assert.equal(after.reason, "stop");
    assert.deepEqual(
      after.tokens.map(({ token }) => token),
      tokens.slice(0, at + 1),
    );
    assert.equal(
      after.text,
      tokens
        .slice(0, at)
        .map((id) => ordinary[id])
        .join(""),
    );
  });
});

describe("a warning at loading, in inspect and in a page", () => {
  const warn = async (files: Files): Promise<readonly string[]> => {
    const { warnings } = await told(files);
    const dir = await folderWith(files);
    assert.deepEqual((await inspectModel(dir, { threads: 1 })).warnings, warnings);
    const page = await loadInPage(filesIn(dir), { ort });
    await page.close();
    assert.deepEqual(page.warnings, warnings);
    return warnings;
  };

  test("tells that nothing ends an answer", async () => {
    const [warning, ...more] = await warn({ "config.json": { ...config, eos_token_id: null } });
    assert.deepEqual(more, []);
    assert.match(
      warning ?? "",
      /copy names no token that ends an answer .*Add eos_token_id to generation_config\.json/,
    );
    // An id that no token has is never said.
    const dir = await folderWith({ "config.json": { ...config, eos_token_id: 48 } });
    await writeTexts(dir, ordinary.slice(0, 48));
    const model = await loadModel(dir, { threads: 1 });
    await model.close();
    assert.deepEqual(model.warnings, [warning]);
  });

  test("names the settings of generation_config.json that are not applied", async () => {
    const settings = { repetition_penalty: 1.05, no_repeat_ngram_size: 3, typical_p: 0.9, stop_strings: ["\n\n"] };
    assert.match(
      (await warn({ "generation_config.json": settings })).join("\n"),
      /^\S+generation_config\.json recommends settings that are not applied: repetition_penalty 1\.05, no_repeat_ngram_size 3, stop_strings\. [^\n]+$/,
    );
    const sampled = await warn({ "generation_config.json": { typical_p: 0.9, do_sample: true, temperature: 0.7 } });
    assert.match(sampled.join("\n"), /recommends settings that are not applied: typical_p 0\.9\./);
  });

  test("names those of genai_config.json likewise", async () => {
    const search = { do_sample: false, repetition_penalty: 1.2, num_beams: 4, max_length: 300 };
    assert.match(
      (await warn({ "genai_config.json": { model: {}, search } })).join("\n"),
      /^\S+genai_config\.json recommends settings that are not applied: repetition_penalty 1\.2, num_beams 4\./,
    );
  });

  test("says nothing of settings that ask for nothing", async () => {
    const neutral = {
      repetition_penalty: 1,
      no_repeat_ngram_size: 0,
      num_beams: 1,
      typical_p: 1,
      min_length: 0,
      suppress_tokens: [],
    };
    const others = {
      length_penalty: 1,
      diversity_penalty: 0,
      early_stopping: true,
      bad_words_ids: null,
      max_length: 300,
      top_k: 50,
    };
    assert.deepEqual(await warn({ "generation_config.json": { ...neutral, ...others } }), []);
    assert.deepEqual(await warn({ "genai_config.json": { model: {}, search: { ...neutral, ...others } } }), []);
  });

  test("is not made of a draft model, whose answers nobody reads", async () => {
    const target = await loadModel(whole, { threads: 1 });
    const silent = {
      "config.json": { ...config, eos_token_id: null },
      "generation_config.json": { repetition_penalty: 2 },
    };
    const draft = await loadModel(await folderWith(silent), { threads: 1, draftsFor: target });
    await Promise.all([target.close(), draft.close()]);
    assert.deepEqual(draft.warnings, []);
  });
});

test("a tokenizer takes for special what tokenizer_config.json calls so, and no other added token", async () => {
  const special = async (settings: object) => {
    const dir = await folderWith({ "tokenizer_config.json": settings }, 7);
    return [...(await loadTokenizer(dir)).special];
  };
  assert.deepEqual(await special({}), []);
  for (const settings of [
    named,
    { pad_token: { content: "<|im_end|>" } },
    { additional_special_tokens: ["<|other|>", "<|im_end|>"] },
    { added_tokens_decoder: { 7: { content: "<|im_end|>", special: true } } },
  ]) {
    assert.deepEqual(await special(settings), [7], JSON.stringify(settings));
  }
  assert.deepEqual(await special({ added_tokens_decoder: { 7: { content: "<|im_end|>", special: false } } }), []);
});
