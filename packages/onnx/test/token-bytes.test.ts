/** The bytes of tokens, under tokenizers of every shape: joined, they are the text that was encoded. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Tokenizer } from "@lenity/core";
import { loadTokenizer } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";
import { tokenBytes } from "../src/tokenizer/token-bytes.ts";
import { families, writeFamily } from "./tokenizer-families.ts";

const texts = [
  "the hello",
  "a  b",
  "é 日本 🎉 e\u0301",
  'a "b" \\ {}\n\t',
  "\u{1d11e}\uFEFF\u0000x",
  "…—ß",
  "1234567890",
];
/** Families whose tokenizers put a space before a text. */
const spaced = ["Llama 2 and TinyLlama", "Mistral", "T5"];

/** What the bytes of the text's tokens say, joined. */
function joined(tokenizer: Tokenizer, text: string): string {
  const bytes = tokenizer.encode(text).flatMap((token) => [...(tokenizer.bytes?.(token) ?? assert.fail(`${token}`))]);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

for (const family of Object.keys(families)) {
  test(`a tokenizer as ${family} has it gives the bytes of every token but the special ones`, async () => {
    const dir = join(folder.path, family);
    await writeFamily(dir, family);
    const tokenizer = await loadTokenizer(dir);
    // T5 has few characters, and no tokens for bytes.
    for (const text of family === "T5" ? ["the hello", "a b.", "é 日"] : texts) {
      const normal = family === "Qwen 2" ? text.normalize("NFC") : text;
      assert.equal(joined(tokenizer, text), (spaced.includes(family) ? " " : "") + normal);
    }
    for (let token = 0; token < tokenizer.vocabulary; token++)
      assert.equal(tokenizer.bytes?.(token) === undefined, tokenizer.special.has(token), `token ${token}`);
    assert.equal(tokenizer.bytes?.(tokenizer.vocabulary), undefined);
    const added = [...(tokenizer.added ?? [])].filter((token) => !tokenizer.special.has(token));
    assert.deepEqual(
      added.map((token) => new TextDecoder().decode(tokenizer.bytes?.(token))),
      ["<tool>"],
    );
  });
}

test("the tokens of the built-in pair's tokenizer have the bytes of its texts", async () => {
  const tokenizer = await loadTokenizer(join(import.meta.dirname, "../../tiny/target"));
  for (const text of texts) assert.equal(joined(tokenizer, text), text);
});

test("a decoder under which a token's text depends on the tokens beside it gives no bytes", () => {
  const tokens = { texts: new Map([[0, "a"]]), vocabulary: 1, added: new Set<number>(), unused: new Set<number>() };
  const given = (decoder: unknown) => tokenBytes(decoder, tokens, new Set())?.(0);
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  assert.deepEqual(given({ type: "Fuse" }), Uint8Array.of(97));
  assert.deepEqual(given({ type: "Sequence", decoders: [{ type: "Fuse" }, strip] }), Uint8Array.of(97));
  for (const decoder of [null, { type: "WordPiece", prefix: "##" }, { type: "CTC" }, { type: "BPEDecoder" }, strip])
    assert.equal(given(decoder), undefined);
});
