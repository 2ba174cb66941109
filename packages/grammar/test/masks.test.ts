/** Masks are what a check of every token says, at every state, and states stay what they are. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Grammar, type LenityError, seeded, type Tokenizer } from "@lenity/core";
import { choiceGrammar, jsonGrammar, jsonSchemaGrammar, regexGrammar } from "../src/index.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { advanced, legal, randomText } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);
const [special, tool] = [tokenizer.vocabulary - 2, tokenizer.vocabulary - 1];

const tree = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 6 },
    nab: { type: "string", pattern: "^(?:é|日本|a+)$" },
    size: { type: "number", minimum: -1.25, exclusiveMaximum: 120 },
    when: { type: ["string", "null"], format: "date" },
    kind: { enum: ["name", "na", 12, 1.5, null, { a: [true] }] },
    sub: { type: "array", items: { anyOf: [{ $ref: "#" }, { type: "boolean" }] }, minItems: 1, maxItems: 3 },
  },
  required: ["name", "kind"],
};
const grammars: Readonly<Record<string, Grammar>> = {
  "any JSON object": jsonGrammar(tokenizer),
  "any JSON object with white space": jsonGrammar(tokenizer, { whiteSpace: 3 }),
  "a recursive schema": jsonSchemaGrammar(tree, tokenizer),
  "a recursive schema with white space": jsonSchemaGrammar(tree, tokenizer, { whiteSpace: 4 }),
  "objects that begin alike": jsonSchemaGrammar(
    {
      anyOf: [
        { type: "object", properties: { a: { type: "string" }, b: { type: "integer" } }, required: ["a", "b"] },
        { type: "object", properties: { a: { type: "string", maxLength: 2 } }, required: ["a"] },
        { type: "object", additionalProperties: { type: "array", items: { type: "null" }, maxItems: 2 } },
      ],
    },
    tokenizer,
  ),
  "an expression": regexGrammar("(?:(?:é|日本|🎉)[^a]?|[a-c]{2,5}(?:\\d|true)*)+", tokenizer),
  "a choice": choiceGrammar(["name", "named", "日本", "日", "é🎉", "{}"], tokenizer),
};

for (const [name, grammar] of Object.entries(grammars)) {
  test(`the masks of ${name} allow the tokens by which a state can be advanced, and no others`, () => {
    const random = seeded(1);
    const all = Array.from({ length: tokenizer.vocabulary }, (_, token) => token);
    let states = 0;
    for (let text = 0; text < 12; text++) {
      randomText(grammar, tokenizer, random, { tokens: 25 }, (state) => {
        states++;
        assert.deepEqual(
          legal(grammar, state, tokenizer),
          all.filter((token) => grammar.advance(state, token) !== undefined),
        );
      });
    }
    assert.ok(states > 12);
  });

  test(`a token of ${name} does what its bytes do one by one`, () => {
    const random = seeded(2);
    for (let text = 0; text < 8; text++) {
      randomText(grammar, tokenizer, random, { tokens: 25 }, (state) => {
        for (let token = 256; token < special; token++) {
          const bytes = [...(tokenizer.bytes?.(token) ?? [])];
          const [whole, parts] = [grammar.advance(state, token), advanced(grammar, bytes, state)];
          assert.equal(whole === undefined, parts === undefined);
          if (whole === undefined) continue;
          assert.equal(grammar.accepting(whole), grammar.accepting(parts));
          assert.deepEqual(legal(grammar, whole, tokenizer), legal(grammar, parts, tokenizer));
        }
      });
    }
  });
}

test("a state says the same after others have been reached from it", () => {
  for (const grammar of Object.values(grammars)) {
    const seen: { state: unknown; allowed: number[]; accepting: boolean; forced: readonly number[] }[] = [];
    const random = seeded(3);
    const look = (state: unknown) => ({
      state,
      allowed: legal(grammar, state, tokenizer),
      accepting: grammar.accepting(state),
      forced: grammar.forced?.(state) ?? [],
    });
    for (let text = 0; text < 5; text++)
      randomText(grammar, tokenizer, random, { tokens: 20 }, (state) => seen.push(look(state)));
    for (const before of seen) assert.deepEqual(look(before.state), before);
  }
});

test("a grammar that has seen more states than it keeps says the same of all of them", () => {
  const random = seeded(6);
  const word = () => Array.from({ length: 12 }, () => "abcdefgh"[Math.floor(random() * 8)]).join("");
  const words = Array.from({ length: 1800 }, word);
  const [used, fresh] = [choiceGrammar(words, tokenizer), choiceGrammar(words, tokenizer)];
  const early = advanced(
    used,
    [...(words[0] ?? "").slice(0, 3)].map((letter) => letter.charCodeAt(0)),
  );
  const before = legal(used, early, tokenizer);
  for (const each of words) {
    let state: unknown = used.start;
    for (const letter of each) {
      used.mask(state, new Uint32Array(20));
      state = used.advance(state, letter.charCodeAt(0));
    }
    assert.ok(used.accepting(state));
  }
  assert.deepEqual(legal(used, early, tokenizer), before);
  assert.deepEqual(legal(used, used.start, tokenizer), legal(fresh, fresh.start, tokenizer));
});

test("special tokens, added tokens and ids beyond the vocabulary are never legal", () => {
  const grammar = regexGrammar("[^]*", tokenizer);
  const all = legal(grammar, grammar.start, tokenizer);
  // Bytes that occur in no text of UTF-8, and pieces with such bytes, are not legal either.
  assert.ok(all.length > 200 && !all.includes(special) && !all.includes(tool) && !all.includes(0xff));
  for (const token of [special, tool, tokenizer.vocabulary, -1, 1e9, 0.5])
    assert.equal(grammar.advance(grammar.start, token), undefined);
});

test("a mask longer than the tokenizer's vocabulary has zeros beyond it, and a shorter one is refused", () => {
  for (const grammar of Object.values(grammars)) {
    const mask = new Uint32Array(Math.ceil(tokenizer.vocabulary / 32) + 3).fill(0xffff_ffff);
    grammar.mask(grammar.start, mask);
    for (let token = special; token < mask.length * 32; token++)
      assert.equal(((mask[token >>> 5] as number) >>> (token & 31)) & 1, 0);
    assert.throws(() => grammar.mask(grammar.start, new Uint32Array(2)), RangeError);
  }
});

describe("a tokenizer", () => {
  test("without bytes is refused", () => {
    const { bytes: _, ...silent } = tokenizer;
    assert.throws(
      () => jsonGrammar(silent),
      (error: LenityError) => error.code === "unsupported" && /does not give the bytes/.test(error.message),
    );
  });

  test("whose tokens cannot begin a text of the grammar is refused", () => {
    const few: Tokenizer = { ...tokenizer, bytes: (token) => (token === 0x61 ? Uint8Array.of(0x61) : undefined) };
    assert.throws(
      () => jsonGrammar(few),
      (error: LenityError) => error.code === "unsupported",
    );
    const grammar = choiceGrammar(["a"], few);
    assert.deepEqual(legal(grammar, grammar.start, few), [0x61]);
  });
});
