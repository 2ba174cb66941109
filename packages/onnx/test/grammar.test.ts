/**
 * Grammars over real tokenizers: the built-in pair's, one in the shape of each family, and those of models that other
 * programs wrote, which lie beside the project (../shared/foreign) on the machines that have them.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Grammar, seeded, type Token, type Tokenizer } from "@lenity/core";
import { choiceGrammar, jsonGrammar, jsonSchemaGrammar, regexGrammar } from "@lenity/grammar";
import { skipFor } from "../../../test/skips.ts";
import { loadTokenizer } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";
import { families, writeFamily } from "./tokenizer-families.ts";

const schema = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 12 },
    mood: { enum: ["glad", "so so 日本"] },
    ages: { type: "array", items: { type: "integer", minimum: 0, maximum: 130 }, maxItems: 3 },
    friend: { anyOf: [{ $ref: "#" }, { type: "null" }] },
  },
  required: ["name", "mood", "ages", "friend"],
  additionalProperties: false,
};
const value = {
  name: 'Zoë 🎉 "日"\n',
  mood: "so so 日本",
  ages: [7, 130],
  friend: { name: "", mood: "glad", ages: [], friend: null },
};

function check(load: () => Promise<Tokenizer>): void {
  let tokenizer: Tokenizer;
  before(async () => {
    tokenizer = await load();
  });
  const legal = (grammar: Grammar, state: unknown): Token[] => {
    const mask = new Uint32Array(Math.ceil(tokenizer.vocabulary / 32));
    grammar.mask(state, mask);
    return Array.from({ length: tokenizer.vocabulary }, (_, token) => token).filter(
      (token) => ((mask[token >>> 5] as number) >>> (token & 31)) & 1,
    );
  };
  /** The tokens of a text without the space that some tokenizers put before it. */
  const encoded = (text: string): Token[] => {
    const tokens = tokenizer.encode(`\n${text}`);
    const size = (some: readonly Token[]) =>
      some.reduce((sum, token) => sum + (tokenizer.bytes?.(token)?.length ?? 0), 0);
    const wanted = new TextEncoder().encode(text).length;
    return tokens.slice(tokens.findIndex((_, at) => size(tokens.slice(at)) === wanted));
  };
  const written = (tokens: readonly Token[]): string =>
    new TextDecoder().decode(Uint8Array.from(tokens.flatMap((token) => [...(tokenizer.bytes?.(token) ?? [])])));

  test("a valid text is legal token by token, as the tokenizer writes it, and decodes to itself", () => {
    for (const [grammar, text] of [
      [jsonSchemaGrammar(schema, tokenizer), JSON.stringify(value)],
      [jsonGrammar(tokenizer, { whiteSpace: 30 }), JSON.stringify(value, null, 2)],
      [choiceGrammar(["no", "the 日本 hello"], tokenizer), "the 日本 hello"],
      [regexGrammar("(?:\\p{L}+ ?)+\\d{2,}🎉?", tokenizer), "hello the été 日本 12🎉"],
    ] as const) {
      let state: unknown = grammar.start;
      for (const token of encoded(text)) {
        assert.ok(legal(grammar, state).includes(token), `${text} ${token}`);
        state = grammar.advance(state, token);
      }
      assert.ok(grammar.accepting(state));
    }
  });

  test("random legal tokens write valid texts, whose decoding is their bytes", () => {
    const random = seeded(1);
    const grammar = jsonSchemaGrammar(schema, tokenizer);
    for (let i = 0; i < 5; i++) {
      const tokens: Token[] = [];
      let state: unknown = grammar.start;
      while (!grammar.accepting(state)) {
        const all = legal(grammar, state);
        assert.ok(all.length > 0 && tokens.length < 3000, written(tokens));
        const ending = all.filter((token) => /^["\]}n]/.test(written([token])));
        const from = tokens.length > 60 && ending.length > 0 ? ending : all;
        tokens.push(from[Math.floor(random() * from.length)] as Token);
        state = grammar.advance(state, tokens.at(-1) as Token);
      }
      const text = written(tokens);
      assert.deepEqual(Object.keys(JSON.parse(text)), ["name", "mood", "ages", "friend"]);
      assert.equal(tokenizer.decode(tokens), text);
      assert.deepEqual(legal(grammar, state), []);
    }
  });

  test("masks are what advancing says, and special and added tokens are never legal", () => {
    const grammar = jsonGrammar(tokenizer, { whiteSpace: 4 });
    const never = new Set([...tokenizer.special, ...(tokenizer.added ?? [])]);
    let state: unknown = grammar.start;
    for (const token of encoded('{"a": [1, "日')) {
      const all = legal(grammar, state);
      const each = Array.from({ length: tokenizer.vocabulary }, (_, other) => other);
      assert.deepEqual(
        all,
        each.filter((other) => grammar.advance(state, other) !== undefined),
      );
      assert.ok(all.every((other) => !never.has(other)));
      state = grammar.advance(state, token);
    }
  });

  test("forced tokens are those of the text", () => {
    const grammar = jsonSchemaGrammar(schema, tokenizer);
    const tokens = grammar.forced?.(grammar.start) ?? [];
    const text = '{"name":"';
    assert.ok(text.startsWith(written(tokens)) && written(tokens).length >= 3, written(tokens));
    assert.deepEqual(tokens, encoded(text).slice(0, tokens.length));
  });
}

describe("the built-in pair's tokenizer", () =>
  check(() => loadTokenizer(join(import.meta.dirname, "../../tiny/target"))));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());
// T5's has no tokens for bytes, and none for a brace.
for (const family of Object.keys(families).filter((name) => name !== "T5")) {
  describe(`a tokenizer as ${family} has it`, () =>
    check(async () => {
      const dir = join(folder.path, family);
      await writeFamily(dir, family);
      return loadTokenizer(dir);
    }));
}

test("a tokenizer as T5 has it cannot begin an object", async () => {
  const dir = join(folder.path, "T5");
  await writeFamily(dir, "T5");
  const tokenizer = await loadTokenizer(dir);
  assert.throws(() => jsonGrammar(tokenizer), { code: "unsupported" });
});

const foreign = fileURLToPath(new URL("../../../../shared/foreign", import.meta.url));
const skip = skipFor("tokenizers of other programs' models", !existsSync(foreign) && `there is no ${foreign}`);
const folders =
  skip === false ? readdirSync(foreign).filter((name) => existsSync(join(foreign, name, "tokenizer.json"))) : ["one"];
for (const name of folders) {
  if (skip === false) describe(`the tokenizer of ${name}`, () => check(() => loadTokenizer(join(foreign, name))));
  else test("the tokenizers of models that other programs wrote", { skip }, () => {});
}
