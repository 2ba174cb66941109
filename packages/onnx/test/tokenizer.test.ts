import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Random, seeded, type Tokenizer, textStream } from "@lenity/core";
import { loadChatTemplate, loadTokenizer } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tokenizer: Tokenizer;
before(async () => {
  folder = await temporaryFolder();
  await writeTokenizer(folder.path, { clean_up_tokenization_spaces: true });
  tokenizer = await loadTokenizer(folder.path);
});
after(() => folder.remove());

const letters = [..."abc the  at\n\t .,!?'é日本語ßΩжא🎉👩‍👩‍👧🇩🇪\u0301\uFFFD\u0000"];
const randomText = (random: Random) =>
  Array.from({ length: Math.floor(random() * 30) }, () => letters[Math.floor(random() * letters.length)]).join("");

describe("loadTokenizer", () => {
  test("gives back every text that it encoded", () => {
    const random = seeded(1);
    for (let i = 0; i < 500; i++) {
      const text = randomText(random);
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
    }
  });

  test("does not clean up spaces, whatever the folder says", () => {
    assert.equal(tokenizer.decode(tokenizer.encode("no , it 's so .")), "no , it 's so .");
  });

  test("counts the ids up to the last added token", () => assert.equal(tokenizer.vocabulary, 2 + 256 + 8 + 1));

  test("reads special tokens from text, and leaves them out of text unless asked", () => {
    const tokens = tokenizer.encode("<|user|>hi<|end|><tool>");
    assert.deepEqual([tokens[0], tokens.at(-2), tokens.at(-1)], [1, 0, 266]);
    assert.deepEqual([...tokenizer.special], [0, 1]);
    assert.deepEqual([...(tokenizer.added ?? [])], [0, 1, 266]);
    assert.equal(tokenizer.decode(tokens), "hi<tool>");
    assert.equal(tokenizer.decode(tokens, { special: true }), "<|user|>hi<|end|><tool>");
  });

  test("has no text for nothing, and for ids that pad a model's vocabulary", () => {
    assert.deepEqual(tokenizer.encode(""), []);
    assert.equal(tokenizer.decode([]), "");
    assert.equal(tokenizer.decode([0]), "");
    assert.equal(tokenizer.decode([999, 266, 5000]), "<tool>");
  });

  test("feeds text streams that never end inside a character and lose nothing", () => {
    const random = seeded(2);
    let unfinished = 0;
    for (let i = 0; i < 300; i++) {
      const text = randomText(random);
      const stream = textStream(tokenizer);
      const pieces = tokenizer.encode(text).map((token) => stream.push(token));
      for (const piece of pieces) {
        if (piece === "") unfinished++;
        assert.ok(!/[\uD800-\uDBFF]$/.test(piece));
        // A replacement character in a piece is one that the text has.
        assert.ok(!piece.includes("\uFFFD") || text.includes("\uFFFD"));
      }
      assert.equal(pieces.join("") + stream.end(), text);
    }
    assert.ok(unfinished > 100);
  });

  test("feeds text streams that agree with the whole, for random tokens too", () => {
    const random = seeded(3);
    for (let i = 0; i < 300; i++) {
      const tokens = Array.from({ length: 12 }, () => Math.floor(random() * 270));
      const stream = textStream(tokenizer);
      assert.equal(tokens.map((token) => stream.push(token)).join("") + stream.end(), tokenizer.decode(tokens));
    }
  });

  test("refuses a folder without a usable tokenizer.json", async () => {
    const dir = join(folder.path, "broken");
    await assert.rejects(loadTokenizer(dir), { code: "model_files", message: /broken is not a folder/ });
    await mkdir(dir);
    await assert.rejects(loadTokenizer(dir), { code: "model_files", message: /tokenizer\.json is missing.*copy it/ });
    for (const [text, seen] of [
      ["{", /tokenizer\.json is not JSON/],
      ["{}", /tokenizer\.json is not a tokenizer: .*Expected/],
    ] as const) {
      await writeFile(join(dir, "tokenizer.json"), text);
      await assert.rejects(loadTokenizer(dir), { code: "model_files", message: seen });
    }
  });
});

describe("loadChatTemplate", () => {
  const read = async (settings: Record<string, unknown> | undefined, jinja?: string) => {
    const dir = join(folder.path, "template");
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    if (settings !== undefined) await writeFile(join(dir, "tokenizer_config.json"), JSON.stringify(settings));
    if (jinja !== undefined) await writeFile(join(dir, "chat_template.jinja"), jinja);
    return loadChatTemplate(dir);
  };

  test("reads a text, and the texts of special tokens in both spellings", async () => {
    const settings = {
      chat_template: "A",
      bos_token: null,
      eos_token: "<|end|>",
      pad_token: { content: "<pad>", special: true },
    };
    assert.deepEqual(await read(settings), {
      template: "A",
      file: join(folder.path, "template", "tokenizer_config.json"),
      named: { default: "A" },
      tokens: { eos_token: "<|end|>", pad_token: "<pad>" },
    });
  });

  test("reads named templates, the default one first", async () => {
    const list = [
      { name: "tool_use", template: "T" },
      { name: "default", template: "D" },
    ];
    const file = join(folder.path, "template", "tokenizer_config.json");
    assert.deepEqual(await read({ chat_template: list }), {
      template: "D",
      file,
      named: { tool_use: "T", default: "D" },
      tokens: {},
    });
  });

  test("prefers chat_template.jinja", async () => {
    const found = await read({ chat_template: "A" }, "B");
    assert.deepEqual([found?.template, found?.file], ["B", join(folder.path, "template", "chat_template.jinja")]);
    assert.equal((await read(undefined, "B"))?.template, "B");
  });

  test("finds none where none is, and refuses what is none", async () => {
    assert.equal(await read(undefined), undefined);
    assert.equal(await read({ chat_template: null }), undefined);
    for (const chat_template of [5, {}, [{ name: "x" }]]) {
      await assert.rejects(read({ chat_template }), { code: "model_files", message: /chat_template that is neither/ });
    }
  });
});
