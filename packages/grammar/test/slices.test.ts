/** Grammars that are made in slices: the same as those made at once, and others have their turns in between. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded, type Tokenizer } from "@lenity/core";
import { jsonSchemaGrammar, jsonSchemaGrammarInSlices } from "@lenity/grammar";
import { syntheticTokenizer } from "../../../bench/synthetic-vocabulary.ts";

const properties = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`property_${at}`, { enum: [`a${at}`, `b${at}`] }]));
const schemas = {
  "three thousand properties": {
    type: "object",
    properties: properties(3000),
    required: Object.keys(properties(3000)),
  },
  "twenty thousand values": { enum: Array.from({ length: 20_000 }, (_, at) => `value ${at}`) },
  "a pattern with many states": { type: "string", pattern: "^(?:a|b)*a(?:a|b){12}$" },
  "sets of Unicode": { type: "string", pattern: "^[\\p{Lu}\\p{Nd}]+(?:\\p{Script=Greek}|\\p{Script=Han}|\\P{L}){3}$" },
  "a part of a thousand lengths": { type: "string", pattern: "^[a-z]+(?: [a-z]+)*$", maxLength: 3000 },
};

/** What others do meanwhile: how often they have a turn, until it is over. */
async function turnsDuring<Value>(work: Promise<Value>): Promise<{ readonly value: Value; readonly turns: number }> {
  let turns = 0;
  let over = false;
  const others = async () => {
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turns++;
    }
  };
  const ended = others();
  const value = await work.finally(() => (over = true));
  await ended;
  return { value, turns };
}

/** The masks along one text, byte by byte. */
function masks(grammar: ReturnType<typeof jsonSchemaGrammar>, tokenizer: Tokenizer, text: string): string[] {
  let state: unknown = grammar.start;
  const seen: string[] = [];
  for (const token of tokenizer.encode(text)) {
    const mask = new Uint32Array(Math.ceil(tokenizer.vocabulary / 32));
    grammar.mask(state, mask);
    seen.push(mask.join());
    state = grammar.advance(state, token);
    if (state === undefined) break;
  }
  return seen;
}

describe("in slices", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    test(`${name}: others have turns, and the grammar is the same`, async () => {
      const tokenizer = syntheticTokenizer(3000, seeded(2));
      const { value, turns } = await turnsDuring(jsonSchemaGrammarInSlices(schema, tokenizer));
      // Each takes many slices, even where a machine is fast.
      assert.ok(turns >= 4, `${turns} turns`);
      const atOnce = jsonSchemaGrammar(schema, syntheticTokenizer(3000, seeded(2)));
      for (const text of ['{"property_0":"a0","property_1":"b1",', '"value 77"', '"abba baab"'])
        assert.deepEqual(masks(value, tokenizer, text), masks(atOnce, tokenizer, text));
    });
  }

  test("a large vocabulary: others have turns, and two requests collect it once", async () => {
    let asked = 0;
    const large = syntheticTokenizer(60_000, seeded(3));
    const tokenizer: Tokenizer = {
      ...large,
      bytes: (token) => {
        asked++;
        return large.bytes?.(token);
      },
    };
    const both = Promise.all([
      jsonSchemaGrammarInSlices({ type: "integer" }, tokenizer),
      jsonSchemaGrammarInSlices({ type: "boolean" }, tokenizer),
    ]);
    const { turns } = await turnsDuring(both);
    assert.ok(turns >= 4, `${turns} turns`);
    assert.equal(asked, 59_999);
  });

  test("a schema that is refused is refused with its place", async () => {
    const tokenizer = syntheticTokenizer(300, seeded(2));
    const wrong = { type: "object", properties: { a: { type: "string", pattern: "(" } } };
    await assert.rejects(jsonSchemaGrammarInSlices(wrong, tokenizer), { path: "schema.properties.a.pattern" });
    await assert.rejects(jsonSchemaGrammarInSlices({}, { ...tokenizer, bytes: undefined }), { code: "unsupported" });
  });
});
