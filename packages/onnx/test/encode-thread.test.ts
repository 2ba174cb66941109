/** Long texts are encoded on a thread of their own, as `encode` encodes them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Random, seeded, type Tokenizer } from "@lenity/core";
import { loadTokenizer } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";
import { encodeThread } from "../src/tokenizer/encode-thread.ts";
import { families, writeFamily } from "./tokenizer-families.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const tokenizers = new Map<string, Tokenizer>();
before(async () => {
  folder = await temporaryFolder();
  for (const family of Object.keys(families)) {
    const dir = join(folder.path, family);
    await writeFamily(dir, family);
    tokenizers.set(family, await loadTokenizer(dir));
  }
});
after(() => folder.remove());

const letters = [..."abc the  at\n\t .,!?'é日本語ßΩжא1234567890🎉👩‍👩‍👧🇩🇪\u0301\uFFFD\u0000각각"];
const parts = [...letters, "<|im_start|>", "<s>", "<tool>", " ".repeat(40), "12".repeat(30), " hello the"];
const randomText = (random: Random, length: number) =>
  Array.from({ length: Math.floor(random() * length) }, () => parts[Math.floor(random() * parts.length)]).join("");

for (const family of Object.keys(families)) {
  describe(`the tokenizer of ${family}`, () => {
    const tokenizer = () =>
      tokenizers.get(family) as Tokenizer & { encodeAsync: NonNullable<Tokenizer["encodeAsync"]> };

    test("gives the same tokens on its thread, for all texts of a request and several requests at once", async () => {
      const random = seeded(3);
      const requests = Array.from({ length: 8 }, () => Array.from({ length: 5 }, () => randomText(random, 400)));
      const found = await Promise.all([...requests, [], [""]].map((texts) => tokenizer().encodeAsync(texts)));
      assert.deepEqual(found, [...requests.map((texts) => texts.map((text) => tokenizer().encode(text))), [], [[]]]);
    });

    test("tells no tokens where they are more than are of use", async () => {
      const texts = ["hello the", "<s> é", "x"];
      const all = texts.map((text) => tokenizer().encode(text));
      const total = all.flat().length;
      for (const [most, found] of [
        [total, all],
        [total - 1, undefined],
        [0, undefined],
      ] as const) {
        assert.deepEqual(await tokenizer().encodeAsync(texts, most), found);
      }
    });

    test("knows how much of a text a token stands for at most, or says nothing", () => {
      const { longestToken } = tokenizer();
      // Unigram has one token for all characters in a row that it does not know.
      if (family === "T5") return assert.equal(longestToken, undefined);
      assert.ok(longestToken !== undefined && longestToken >= 9);
      const random = seeded(4);
      const texts = Array.from({ length: 300 }, () => randomText(random, 30));
      // What makes texts short: long tokens, spaces, letters that NFC joins.
      texts.push(
        " ".repeat(999),
        "hello the".repeat(99),
        " the".repeat(99),
        "<|im_start|>".repeat(50),
        "\u1100\u1161\u11a8".repeat(99),
      );
      for (const text of texts) {
        const bytes = new TextEncoder().encode(text).length;
        assert.ok(
          tokenizer().encode(text).length >= bytes / longestToken,
          `${bytes} bytes of ${JSON.stringify(text).slice(0, 60)}`,
        );
      }
    });
  });
}

describe("a longest token is not named where a text may have fewer tokens than it says", () => {
  const variants: Readonly<Record<string, (definition: Record<string, unknown>) => object>> = {
    "an added token takes the spaces beside it": ({ added_tokens, ...rest }) => ({
      ...rest,
      added_tokens: (added_tokens as object[]).map((token) => ({ ...token, rstrip: true })),
    }),
    "a normaliser drops parts": (definition) => ({ ...definition, normalizer: { type: "StripAccents" } }),
    "a normaliser puts less in place of more": (definition) => ({
      ...definition,
      normalizer: { type: "Replace", pattern: { String: "hello" }, content: "h" },
    }),
    "a pre-tokenizer keeps only what it matches": (definition) => ({
      ...definition,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: "\\p{L}+" }, behavior: "Removed", invert: true },
          { type: "ByteLevel", add_prefix_space: false, use_regex: false },
        ],
      },
    }),
    "a byte has no token": ({ model, ...rest }) => {
      const { vocab, ...more } = model as { vocab: Record<string, number> };
      const { "\u0100": _, ...left } = vocab;
      return { ...rest, model: { ...more, vocab: left } };
    },
  };
  for (const [why, change] of Object.entries(variants)) {
    test(why, async () => {
      const dir = join(folder.path, `variant ${why}`);
      await mkdir(dir);
      const definition = families["Llama 3"] as Record<string, unknown>;
      await writeFile(join(dir, "tokenizer.json"), JSON.stringify({ version: "1.0", ...change(definition) }));
      assert.equal((await loadTokenizer(dir)).longestToken, undefined);
    });
  }
});

describe("the thread for long texts", () => {
  const dir = () => join(folder.path, "Llama 3");

  test("tells what went wrong in it", async () => {
    const gone = join(folder.path, "gone");
    await writeFamily(gone, "Llama 3");
    const encode = encodeThread(gone);
    await rm(gone, { recursive: true });
    await assert.rejects(encode(["a"]), /tokenizer\.json is missing/);
  });

  test("that dies rejects what it was asked, and is followed by another", async () => {
    const script = join(folder.path, "dies.mjs");
    const real = fileURLToPath(new URL("../src/encode-worker.ts", import.meta.url));
    const lines = [
      `import ${JSON.stringify(real)};`,
      `import { parentPort } from "node:worker_threads";`,
      `parentPort.on("message", ({ text }) => { if (text === "die") throw new Error("out of luck"); });`,
    ];
    await writeFile(script, lines.join("\n"));
    const encode = encodeThread(dir(), pathToFileURL(script));
    const lost = { code: "worker_lost", message: /out of luck|ended with code/ };
    assert.equal((await encode(["hello"]))?.length, 1);
    await assert.rejects(encode(["die"]), lost);
    const tokenizer = await loadTokenizer(dir());
    assert.deepEqual(await encode(["hello"]), [tokenizer.encode("hello")]);
  });

  test("is given up when nobody needs it, and started again when somebody does", async () => {
    const encode = encodeThread(dir(), undefined, 20);
    const first = await encode(["hello the"]);
    await pause(200);
    assert.deepEqual(await encode(["hello the"]), first);
  });

  test("keeps no process alive", async () => {
    const program = fileURLToPath(new URL("./encode-and-end.ts", import.meta.url));
    const args =
      process.versions["deno"] === undefined ? [program, dir()] : ["run", "-A", "--no-check", program, dir()];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (data) => (out += data));
    const status = await new Promise((resolve) => child.on("close", resolve));
    assert.deepEqual([status, out.trim()], [0, "2"]);
  });
});
