/** Random schemas: what their grammars write is valid for another program, and all valid values can be written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { jsonSchemaGrammar } from "../src/index.ts";
import { type Schema, schemas, valuesOf } from "./random-schemas.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { accepts, legal, randomText } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);
const seed = 11;

function validator(schema: Schema): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

test("every random text of a grammar parses, and ajv finds it valid", () => {
  let texts = 0;
  fc.assert(
    fc.property(schemas, fc.integer(), (schema, draw) => {
      const valid = validator(schema);
      const random = seeded(draw);
      for (const whiteSpace of [0, 3]) {
        const grammar = jsonSchemaGrammar(schema, tokenizer, { whiteSpace });
        for (let i = 0; i < 3; i++) {
          const written = randomText(grammar, tokenizer, random, { tokens: 20 });
          assert.ok(valid(JSON.parse(written)), written);
          texts++;
        }
      }
    }),
    { seed, numRuns: 60 },
  );
  assert.equal(texts, 360);
});

test("every valid value is accepted, byte by byte and token by token, compact and indented", () => {
  let values = 0;
  fc.assert(
    fc.property(
      schemas.chain((schema) =>
        fc.tuple(fc.constant(schema), fc.array(valuesOf(schema), { minLength: 3, maxLength: 3 })),
      ),
      ([schema, some]) => {
        const valid = validator(schema);
        const [compact, spaced] = [0, 40].map((whiteSpace) => jsonSchemaGrammar(schema, tokenizer, { whiteSpace }));
        assert.ok(compact !== undefined && spaced !== undefined);
        for (const value of some) {
          const text = JSON.stringify(value);
          assert.ok(valid(value), text);
          assert.ok(accepts(compact, text), text);
          assert.ok(accepts(spaced, JSON.stringify(value, null, 2)), text);
          let state: unknown = compact.start;
          for (const token of tokenizer.encode(text)) {
            assert.ok(legal(compact, state, tokenizer).includes(token), text);
            state = compact.advance(state, token);
          }
          values++;
        }
      },
    ),
    { seed, numRuns: 60 },
  );
  assert.equal(values, 180);
});

test("values that ajv finds invalid are refused", () => {
  let [refused, all] = [0, 0];
  fc.assert(
    fc.property(
      schemas,
      schemas.chain((other) => valuesOf(other)),
      (schema, value) => {
        all++;
        if (validator(schema)(value)) return;
        refused++;
        assert.ok(
          !accepts(jsonSchemaGrammar(schema, tokenizer), JSON.stringify(value)),
          JSON.stringify({ schema, value }),
        );
      },
    ),
    { seed, numRuns: 120 },
  );
  assert.ok(refused > all / 2, `${refused} of ${all}`);
});
