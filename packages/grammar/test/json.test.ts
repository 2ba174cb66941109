/** `jsonGrammar`: exactly the objects of JSON, as far as JavaScript can read and write them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type LenityError, seeded } from "@lenity/core";
import fc from "fast-check";
import { jsonGrammar, jsonSchemaGrammar } from "../src/index.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { accepts, advanced, legal, randomText } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);
const compact = jsonGrammar(tokenizer);
const spaced = jsonGrammar(tokenizer, { whiteSpace: 20 });
const anything = jsonSchemaGrammar(true, tokenizer);
const seed = 5;

/** Text of characters, without halves of any. */
const text = fc.string({ unit: "binary" });
/** JavaScript writes larger numbers with higher powers of ten than the grammar has. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e286, max: 1e286 });
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    number,
    fc.integer(),
    text,
    tie("array"),
    tie("object"),
  ),
  array: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));

test("every object that JSON.stringify writes is accepted, compact and indented", () => {
  fc.assert(
    fc.property(values.object, (object) => {
      assert.ok(accepts(compact, JSON.stringify(object)));
      assert.ok(accepts(spaced, JSON.stringify(object)));
      assert.ok(accepts(spaced, JSON.stringify(object, null, 2)));
      assert.ok(accepts(spaced, JSON.stringify(object, null, "\t")));
    }),
    { seed, numRuns: 300 },
  );
});

test("every token of such an object is legal where it stands, however the text is cut", () => {
  fc.assert(
    fc.property(values.object, (object) => {
      const tokens = tokenizer.encode(JSON.stringify(object));
      let state: unknown = compact.start;
      for (const token of tokens) {
        assert.ok(legal(compact, state, tokenizer).includes(token));
        state = compact.advance(state, token);
      }
      assert.ok(compact.accepting(state));
    }),
    { seed, numRuns: 60 },
  );
});

test("every random text of legal tokens is an object of JSON", () => {
  const random = seeded(seed);
  for (let i = 0; i < 150; i++) {
    const written = randomText(i % 2 === 0 ? compact : spaced, tokenizer, random);
    const object = JSON.parse(written);
    assert.ok(typeof object === "object" && !Array.isArray(object) && object !== null);
    assert.ok(JSON.stringify(object).isWellFormed());
  }
});

describe("of texts that are nearly JSON", () => {
  const wrong = [
    ...["", " ", "[]", "1", "null", '"a"', "{", "}", "{}}", "{} ", " {}", "{}\n", "{},", "{a:1}", "{'a':1}", '{"a"}'],
    ...['{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a":1 "b":2}', '{"a":01}', '{"a":-01}', '{"a":1.}'],
    ...['{"a":.5}', '{"a":+1}', '{"a":1e}', '{"a":1e+}', '{"a":0x10}', '{"a":NaN}', '{"a":Infinity}', '{"a":-}'],
    ...['{"a":1e999}', `{"a":${"9".repeat(400)}}`, '{"a":tru}', '{"a":True}', '{"a":nul}', '{"a":[1,]}', '{"a":[,1]}'],
    ...['{"a":[1}', '{"a":{]}', '{"a":"}', '{"a":"\n"}', '{"a":"\u0001"}', '{"a":"\\x41"}', '{"a":"\\u12"}'],
    ...[
      '{"a":"\\u12g4"}',
      '{"a":"\\ud800"}',
      '{"a":"\\udc00"}',
      '{"a":"\\udc00\\udc00"}',
      '{"a":"\\ud800\\ud800"}',
      '{"a":"\\ud800a"}',
    ],
    ...['{"a":"\\"}', '{"a":1} {"b":2}', '\uFEFF{"a":1}', '{"a":/**/1}'],
  ];
  for (const bad of wrong) {
    test(`${JSON.stringify(bad).slice(0, 60)} is refused`, () => {
      assert.ok(!accepts(compact, bad));
      assert.ok(!accepts(spaced, bad));
    });
  }
  const right = [
    ...[
      '{"\\u0041":"\\/\\b\\f\\n\\r\\t\\"\\\\"}',
      '{"a":"\\uD83D\\ude00"}',
      '{"a":"\u007f\u2028é日🎉"}',
      '{"a":-0.0e-05}',
    ],
    ...['{"a":1E5,"a":{"":[[],{},[null,true,false]]}}', '{"a":1e-999}', '{"a":123456789012345678901}'],
  ];
  for (const good of right) test(`${good} is accepted`, () => assert.ok(accepts(compact, good)));

  test("bytes that are no UTF-8 are refused", () => {
    for (const bytes of [
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
      [0xff],
      [0xc3, 0x22],
    ]) {
      const inString = [...new TextEncoder().encode('{"a":"'), ...bytes];
      assert.equal(advanced(compact, inString), undefined, bytes.join());
    }
    const whole = [...new TextEncoder().encode('{"a":"'), 0xf4, 0x8f, 0xbf, 0xbf];
    assert.notEqual(advanced(compact, whole), undefined);
  });
});

test("white space stands between all parts, up to its limit in each place", () => {
  const four = jsonGrammar(tokenizer, { whiteSpace: 4 });
  const parts = ["{", '"a"', ":", "[", "1.5", ",", "true", ",", "{", "}", "]", ",", '"b"', ":", '"x"', "}"];
  for (const space of [" ", "\n\t\r ", "    "]) assert.ok(accepts(four, parts.join(space)));
  for (let at = 1; at < parts.length; at++) {
    const wide = `${parts.slice(0, at).join("")}     ${parts.slice(at).join("")}`;
    assert.ok(!accepts(four, wide), wide);
    assert.ok(accepts(jsonGrammar(tokenizer, { whiteSpace: 5 }), wide), wide);
    assert.ok(!accepts(compact, wide));
  }
  assert.ok(accepts(compact, parts.join("")));
});

test("white space out of range is refused", () => {
  for (const whiteSpace of [-1, 1001, 0.5, Number.NaN])
    assert.throws(
      () => jsonGrammar(tokenizer, { whiteSpace }),
      (error: LenityError) => error.code === "invalid_request" && error.path === "whiteSpace",
    );
});

test("after the last bracket nothing is legal", () => {
  const state = advanced(spaced, tokenizer.encode('{"a": [1]}'));
  assert.ok(spaced.accepting(state));
  assert.deepEqual(legal(spaced, state, tokenizer), []);
});

test("the schema true allows any value of JSON", () => {
  fc.assert(
    fc.property(values.value, (value) => assert.ok(accepts(anything, JSON.stringify(value)))),
    { seed, numRuns: 200 },
  );
  const random = seeded(seed);
  for (let i = 0; i < 60; i++) JSON.parse(randomText(anything, tokenizer, random));
});
