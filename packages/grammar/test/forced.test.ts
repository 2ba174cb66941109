/** Forced tokens: the text that must follow, as the tokenizer writes it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Grammar, seeded, type Token, type Tokenizer } from "@lenity/core";
import { choiceGrammar, jsonGrammar, jsonSchemaGrammar, regexGrammar } from "../src/index.ts";
import { bytesOf, jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { advanced, randomText } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);
const person = {
  type: "object",
  properties: { name: { type: "string" }, kind: { const: "person" }, size: { type: "integer" } },
  required: ["name", "kind", "size"],
};

/** The texts of the forced tokens after a text. */
function forced(grammar: Grammar, after: string, by: Tokenizer = tokenizer): string[] {
  const state = advanced(grammar, [...bytesOf(after)]);
  return (grammar.forced?.(state) ?? []).map((token) => by.decode([token]));
}

describe("of a schema", () => {
  const grammar = jsonSchemaGrammar(person, tokenizer);
  test("names and marks are forced, up to a token that may be another one", () => {
    // The quote behind it may be a part of a longer token, such as one that also ends the string.
    assert.deepEqual(forced(grammar, ""), ['{"', "name", '":']);
    assert.deepEqual(forced(grammar, '{"name":"a"').join(""), ',"kind":"person","size":');
  });

  test("nothing is forced where there is a choice", () => {
    assert.deepEqual(forced(grammar, '{"name":"'), []);
    assert.deepEqual(forced(grammar, '{"name":"a'), []);
    assert.deepEqual(forced(grammar, '{"name":"","kind":"person","size":1'), []);
  });

  test("nothing is forced at the end", () => {
    assert.deepEqual(forced(grammar, '{"name":"","kind":"person","size":1}'), []);
    assert.deepEqual(forced(regexGrammar("ab?", tokenizer), "a"), []);
  });
});

const grammars: Readonly<Record<string, Grammar>> = {
  "a schema": jsonSchemaGrammar(person, tokenizer),
  "a schema with white space": jsonSchemaGrammar(person, tokenizer, { whiteSpace: 2 }),
  "any JSON object": jsonGrammar(tokenizer),
  "an expression": regexGrammar("(?:日本🎉|true){2}é(?:name|na)[ab]", tokenizer),
  "a choice": choiceGrammar(["named by", "name", "日本\u{1F38A}", "日本\u{1F389}"], tokenizer),
};
for (const [name, grammar] of Object.entries(grammars)) {
  test(`every byte of the forced tokens of ${name} is the only legal one where it stands`, () => {
    const random = seeded(4);
    let found = 0;
    for (let text = 0; text < 30; text++) {
      randomText(grammar, tokenizer, random, { tokens: 20 }, (start) => {
        let state: unknown = start;
        for (const token of grammar.forced?.(start) ?? []) {
          for (const byte of tokenizer.bytes?.(token) ?? []) {
            const legal = Array.from({ length: 256 }, (_, other) => other).filter(
              (other) => grammar.advance(state, other) !== undefined,
            );
            assert.deepEqual(legal, [byte]);
            assert.ok(!grammar.accepting(state));
            state = grammar.advance(state, byte);
          }
          found++;
        }
      });
    }
    assert.ok(found > 0 || name.includes("any JSON"), `${found}`);
  });
}

test("a token that may be a longer one is left out", () => {
  const grammar = choiceGrammar(["name: a", "name: b"], tokenizer);
  assert.deepEqual(forced(grammar, ""), ["name", ":", " "]);
  const longer = pieceTokenizer([" a", "name"]);
  assert.deepEqual(forced(choiceGrammar(["name: a", "name: b"], longer), "", longer), ["name", ":"]);
  assert.deepEqual(forced(choiceGrammar(["name: c", "name: b"], longer), "", longer), ["name", ":", " "]);
});

test("a forced part of a character is left to the character's other bytes", () => {
  // é and è begin with the same byte.
  assert.deepEqual(forced(choiceGrammar(["bé", "bè"], tokenizer), ""), ["b"]);
  const state = advanced(choiceGrammar(["é!"], tokenizer), [0xc3]);
  assert.deepEqual(choiceGrammar(["é!"], tokenizer).forced?.(state), []);
});

test("with a tokenizer that puts a space before a text, the tokens are those behind it", () => {
  const spaced: Tokenizer = { ...tokenizer, encode: (text) => tokenizer.encode(` ${text}`) };
  assert.deepEqual(forced(jsonSchemaGrammar(person, spaced), "", spaced), ['{"', "name", '":']);
});

test("with a tokenizer that changes texts, nothing is forced", () => {
  const changing: Tokenizer = { ...tokenizer, encode: (text): Token[] => tokenizer.encode(text.toUpperCase()) };
  assert.deepEqual(forced(jsonSchemaGrammar(person, changing), "", changing), []);
});

test("a long forced text is forced in parts", () => {
  const text = "abc".repeat(1000);
  const grammar = choiceGrammar([text], tokenizer);
  let state: unknown = grammar.start;
  let written = "";
  for (let tokens = grammar.forced?.(state) ?? []; tokens.length > 0; tokens = grammar.forced?.(state) ?? []) {
    state = advanced(grammar, tokens, state);
    written += tokenizer.decode(tokens);
  }
  assert.equal(written, text);
  assert.ok(grammar.accepting(state));
});
