/** What each keyword of JSON Schema allows and forbids, text by text. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jsonSchemaGrammar } from "../src/index.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { accepts } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);

interface Case {
  readonly schema: unknown;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const string = { type: "string" };
const person = {
  type: "object",
  properties: { name: string, age: { type: "integer" }, nick: string },
  required: ["name", "nick"],
  additionalProperties: false,
};
const node = {
  type: "object",
  properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
  required: ["next"],
};

const cases: Readonly<Record<string, Case>> = {
  "properties come in the schema's order, and only required ones must be there": {
    schema: person,
    yes: ['{"name":"a","age":1,"nick":"b"}', '{"name":"a","nick":"b"}'],
    no: [
      "{}",
      '{"name":"a"}',
      '{"nick":"b","name":"a"}',
      '{"name":"a","nick":"b","x":1}',
      '{"name":"a","nick":"b",}',
      '{"age":1,"name":"a","nick":"b"}',
      '{"name":"a","age":1.5,"nick":"b"}',
    ],
  },
  "all properties may be optional": {
    schema: { type: "object", properties: { a: string, b: string, c: string } },
    yes: ["{}", '{"a":""}', '{"b":""}', '{"c":""}', '{"a":"","c":""}', '{"a":"","b":"","c":""}'],
    no: ['{"b":"","a":""}', "{,}", '{"a":"",}', '{"d":1}', '{"a":"","a":""}'],
  },
  "an object without properties has any": {
    schema: { type: "object" },
    yes: ["{}", '{"x":{"y":[1]}}'],
    no: ["[]"],
  },
  "additionalProperties false forbids them all": {
    schema: { type: "object", additionalProperties: false },
    yes: ["{}"],
    no: ['{"a":1}'],
  },
  "other properties come last, under other names": {
    schema: {
      type: "object",
      properties: { a: string, bé: string },
      required: ["a"],
      additionalProperties: { type: "integer" },
    },
    yes: ['{"a":""}', '{"a":"","x":1,"y":2}', '{"a":"","bé":"","b":1}', '{"a":"","aa":1,"":2}', '{"a":"","\\u0062":1}'],
    no: [
      '{"x":1,"a":""}',
      '{"a":"","x":""}',
      '{"a":"","a":1}',
      '{"a":"","\\u0061":1}',
      '{"a":"","b\\u00e9":1}',
      '{"a":"","x":1,}',
      '{"a":"","x":1,"bé":""}',
    ],
  },
  "keys and constants are written as JSON.stringify writes them": {
    schema: { type: "object", properties: { 'a"\n': { const: 'x\\é\u0001"' } }, required: ['a"\n'] },
    yes: ['{"a\\"\\n":"x\\\\é\\u0001\\""}'],
    no: [
      '{"a\\"\\u000a":"x\\\\é\\u0001\\""}',
      '{"a\\"\\n":"x\\\\\\u00e9\\u0001\\""}',
      '{"\\u0061\\"\\n":"x\\\\é\\u0001\\""}',
    ],
  },
  "an array of any length": {
    schema: { type: "array", items: { type: "boolean" } },
    yes: ["[]", "[true]", "[true,false,true]"],
    no: ["[1]", "[true,]", "[true", "true"],
  },
  "minItems and maxItems": {
    schema: { type: "array", items: { type: "null" }, minItems: 2, maxItems: 4 },
    yes: ["[null,null]", "[null,null,null]", "[null,null,null,null]"],
    no: ["[]", "[null]", "[null,null,null,null,null]"],
  },
  "exactly one item": {
    schema: { type: "array", items: { type: "null" }, minItems: 1, maxItems: 1 },
    yes: ["[null]"],
    no: ["[]", "[null,null]"],
  },
  "no items": {
    schema: { type: "array", items: { type: "null" }, maxItems: 0 },
    yes: ["[]"],
    no: ["[null]"],
  },
  "an array of items that nothing fulfils is empty": {
    schema: { type: "array", items: false },
    yes: ["[]"],
    no: ["[null]"],
  },
  "items without a schema are anything": {
    schema: { type: "array", minItems: 1 },
    yes: ['[{"a":[1,"x"]}]', "[null,2]"],
    no: ["[]"],
  },
  "counts of arrays within arrays are apart": {
    schema: {
      type: "array",
      minItems: 2,
      maxItems: 2,
      items: { type: "array", maxItems: 1, items: { type: "integer" } },
    },
    yes: ["[[],[]]", "[[1],[2]]", "[[],[3]]"],
    no: ["[[]]", "[[1,2],[]]", "[[],[],[]]"],
  },
  "minLength and maxLength count characters, however they are written": {
    schema: { type: "string", minLength: 2, maxLength: 3 },
    yes: ['"ab"', '"abc"', '"日é🎉"', '"\\u00e9\\n"', '"\\ud83d\\ude00a"', '"\\"\\\\\\/"'],
    no: ['""', '"a"', '"🎉"', '"\\ud83d\\ude00"', '"abcd"', '"\\u0061\\u0062\\u0063\\u0064"', '"日日日日"'],
  },
  "an empty string": { schema: { type: "string", maxLength: 0 }, yes: ['""'], no: ['"a"', '"\\n"'] },
  "a pattern matches somewhere": {
    schema: { type: "string", pattern: "b+é" },
    yes: ['"bé"', '"abbéx"', '"\\nbé"', '"bébé"'],
    no: ['"b"', '"é"', '"bxé"', '""'],
  },
  "anchors hold a pattern at the ends": {
    schema: { type: "string", pattern: "^(?:a|bc)$" },
    yes: ['"a"', '"bc"'],
    no: ['"ab"', '"aa"', '"xa"', '"a\\n"'],
  },
  "one end may be free": {
    schema: { type: "string", pattern: "^a|z$" },
    yes: ['"a"', '"ab"', '"xz"', '"z"'],
    no: ['"ba"', '"za"', '"xzx"'],
  },
  "strings with a pattern are written as JSON.stringify writes them": {
    schema: { type: "string", pattern: '^["\\n\\\\ab\\u0001]+$' },
    yes: ['"a\\"\\n\\\\b\\u0001"'],
    no: ['"\\u0061"', '"\\u000a"', '"\\u000A"', '"c"'],
  },
  "a pattern with lengths": {
    schema: { type: "string", pattern: "^[a-c]*$", minLength: 2, maxLength: 3 },
    yes: ['"ab"', '"abc"'],
    no: ['"a"', '"abca"', '"abd"'],
  },
  "a pattern with a format": {
    schema: { type: "string", pattern: "^20", format: "date" },
    yes: ['"2024-02-29"'],
    no: ['"1924-02-29"', '"20"'],
  },
  "enum, of any type": {
    schema: { enum: ["a", "ab", "é", 1, 1.5, -0.001, true, null, [1, { x: "y" }], {}] },
    yes: ['"a"', '"ab"', '"é"', "1", "1.5", "-0.001", "true", "null", '[1,{"x":"y"}]', "{}"],
    no: ['"b"', '""', "1.0", "15", "false", "[1]", '[1,{"x":"y"},2]', '{"x":1}', "[]"],
  },
  "enum with a type": {
    schema: { type: ["string", "null"], enum: ["a", null, 3] },
    yes: ['"a"', "null"],
    no: ["3"],
  },
  const: {
    schema: { const: { a: [1, "b"], c: null } },
    yes: ['{"a":[1,"b"],"c":null}'],
    no: ['{"c":null,"a":[1,"b"]}', '{"a":[1,"b"]}', "{}"],
  },
  "types in a list": {
    schema: { type: ["integer", "null", "boolean"] },
    yes: ["1", "null", "true", "false", "-20"],
    no: ['"a"', "1.5", "{}"],
  },
  "a number may be an integer": { schema: { type: ["number", "integer"] }, yes: ["1", "1.5", "1e5"], no: ['"1"'] },
  nullable: { schema: { type: "string", nullable: true }, yes: ['"a"', "null"], no: ["1"] },
  "keywords mean a type where none is named": {
    schema: { properties: { a: { minLength: 1 }, b: { minimum: 0 }, c: { items: {} } } },
    yes: ['{"a":"x","b":0,"c":[1,{}]}'],
    no: ['{"a":1}', '{"b":"x"}', "[]", '{"c":{}}'],
  },
  anyOf: {
    schema: {
      anyOf: [{ type: "integer" }, { type: "string", maxLength: 1 }, { type: "array", items: { type: "null" } }],
    },
    yes: ["12", '"a"', '""', "[null]"],
    no: ['"ab"', "null", "[1]"],
  },
  "anyOf objects that begin alike": {
    schema: {
      anyOf: [
        { type: "object", properties: { kind: { const: "a" }, x: string }, required: ["kind", "x"] },
        { type: "object", properties: { kind: { const: "ab" }, y: { type: "integer" } }, required: ["kind", "y"] },
        { type: "object", properties: { kind: string, z: { type: "null" } }, required: ["kind", "z"] },
      ],
    },
    yes: ['{"kind":"a","x":""}', '{"kind":"ab","y":1}', '{"kind":"a","z":null}', '{"kind":"q","z":null}'],
    no: ['{"kind":"a","y":1}', '{"kind":"ab","x":""}', '{"kind":"q","x":""}', '{"kind":"a"}'],
  },
  "anyOf containers within each other that begin alike": {
    schema: {
      anyOf: [
        { type: "array", items: { type: "array", items: { const: 1 } }, maxItems: 1 },
        { type: "array", items: { type: "array", items: { type: "integer" }, maxItems: 2 }, minItems: 2 },
      ],
    },
    yes: ["[]", "[[1,1,1]]", "[[2],[3]]", "[[1,1],[1]]", "[[1],[1],[1]]"],
    no: ["[[2]]", "[[1,1,1],[1]]", "[[1],[1,1,1]]", "[[1],[]", "[[1,2]]"],
  },
  "what stands beside anyOf holds for each": {
    schema: {
      type: "object",
      properties: { a: string, b: string },
      anyOf: [{ required: ["a"] }, { type: "object", required: ["b"] }],
    },
    yes: ['{"a":""}', '{"b":""}', '{"a":"","b":""}'],
    no: ["{}", '{"c":""}'],
  },
  "a reference": {
    schema: { $defs: { s: { type: "string", maxLength: 1 } }, type: "array", items: { $ref: "#/$defs/s" } },
    yes: ['["a",""]'],
    no: ['["ab"]'],
  },
  "a nullable reference": {
    schema: { $defs: { s: { const: "x" } }, $ref: "#/$defs/s", nullable: true },
    yes: ['"x"', "null"],
    no: ['"y"'],
  },
  "references with escapes, through arrays, and under other names": {
    schema: {
      definitions: { "a/b~c %": { type: "null" } },
      anyOf: [{ $ref: "#/definitions/a~1b~0c%20%25" }, { type: "array", items: { $ref: "#/anyOf/0" } }],
    },
    yes: ["null", "[null,null]"],
    no: ["[[null]]"],
  },
  "recursion through a definition": {
    schema: { $ref: "#/$defs/node", $defs: { node } },
    yes: ['{"next":null}', '{"next":{"next":{"next":null}}}'],
    no: ["{}", '{"next":{}}', '{"next":{"next":null}'],
  },
  "recursion through the root": {
    schema: {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#" } } },
      required: ["children"],
    },
    yes: ['{"children":[]}', '{"children":[{"children":[]},{"children":[{"children":[]}]}]}'],
    no: ['{"children":[{}]}', "[]"],
  },
  "a reference in a circle adds nothing": {
    schema: {
      $defs: {
        a: { anyOf: [{ $ref: "#/$defs/b" }, { type: "null" }] },
        b: { anyOf: [{ $ref: "#/$defs/a" }, { const: 1 }] },
      },
      $ref: "#/$defs/a",
    },
    yes: ["null", "1"],
    no: ["2"],
  },
  "a branch that must contain itself is left out": {
    schema: {
      $defs: { loop: { type: "object", properties: { x: { $ref: "#/$defs/loop" } }, required: ["x"] } },
      anyOf: [{ $ref: "#/$defs/loop" }, { type: "null" }, false],
    },
    yes: ["null"],
    no: ["{", '{"x":null}'],
  },
  "an optional property that nothing fulfils is left out": {
    schema: { type: "object", properties: { a: false, b: { type: "null" } } },
    yes: ["{}", '{"b":null}'],
    no: ['{"a":null}'],
  },
  "annotations say nothing": {
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "x",
      title: "t",
      description: "d",
      default: 1,
      examples: [1],
      deprecated: true,
      "x-more": {},
      $comment: "c",
      type: "null",
    },
    yes: ["null"],
    no: ["1"],
  },
  "keywords of another type say nothing": { schema: { type: "integer", minLength: 3 }, yes: ["1"], no: ['"abc"'] },
};

for (const [name, { schema, yes, no }] of Object.entries(cases)) {
  describe(name, () => {
    const [compact, spaced] = [
      jsonSchemaGrammar(schema, tokenizer),
      jsonSchemaGrammar(schema, tokenizer, { whiteSpace: 3 }),
    ];
    for (const text of yes)
      test(`${text} is accepted`, () => {
        assert.ok(accepts(compact, text));
        assert.ok(accepts(spaced, text));
      });
    for (const text of no)
      test(`${text} is refused`, () => {
        assert.ok(!accepts(compact, text));
        assert.ok(!accepts(spaced, text));
      });
  });
}

const formats: Readonly<Record<string, readonly [yes: readonly string[], no: readonly string[]]>> = {
  date: [
    ["2024-02-29", "2000-02-29", "1999-12-31", "2023-04-30", "0000-01-01"],
    [
      "2023-02-29",
      "1900-02-29",
      "2024-04-31",
      "2024-13-01",
      "2024-00-10",
      "2024-01-00",
      "2024-1-1",
      "x2024-01-01",
      "2024-01-01x",
    ],
  ],
  time: [
    ["00:00:00Z", "23:59:59.123+05:30"],
    ["24:00:00Z", "12:60:00Z", "12:00:60Z", "12:00Z", "12:00:00"],
  ],
  "date-time": [
    ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.5-08:00"],
    ["2024-02-30T12:00:00Z", "2024-02-29 12:00:00Z", "2024-02-29"],
  ],
  duration: [
    ["P1Y2M3DT4H5M6S", "P2W", "PT5M", "P1Y", "P3D", "P1M"],
    ["P", "PT", "P1S", "1D", "P1W2D", "P1D1Y", "P1Y3D", "PT1H5S"],
  ],
  email: [
    ["a.b+c@example.com", "x@y-z.org"],
    ["a", "@b.c", "a@b", "a..b@c.d", "a@-b.c", "a b@c.d"],
  ],
  hostname: [
    ["example.com", "a", "a-b.c1"],
    ["-a", "a-", "a..b", "a_b", ""],
  ],
  ipv4: [
    ["0.0.0.0", "255.255.255.255", "1.20.30.4"],
    ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4"],
  ],
  ipv6: [
    [
      "::",
      "::1",
      "1::",
      "1:2:3:4:5:6:7:8",
      "fe80::1:2",
      "1:2:3:4:5:6:7::",
      "::ffff:1.2.3.4",
      "1::8",
      "1:2:3:4:5:6:1.2.3.4",
      "1::5:1.2.3.4",
    ],
    ["1", "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", ":1", "1:2:3:4:5:6:7", "::1.2.3", "1:2:3:4:5:6:7:8::"],
  ],
  uri: [
    ["https://example.com", "http://a.b:80/c/d?e=f%20g#h", "ftp://1.2.3.4/"],
    ["example.com", "http:/a", "http://a b", "http://a/%zz", "//a"],
  ],
  uuid: [
    ["123e4567-e89b-12d3-A456-426614174000"],
    ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "g23e4567-e89b-12d3-a456-426614174000"],
  ],
};

for (const [format, [yes, no]] of Object.entries(formats)) {
  test(`the format ${format} allows its texts, whole`, () => {
    const grammar = jsonSchemaGrammar({ type: "string", format }, tokenizer);
    for (const text of yes) assert.ok(accepts(grammar, JSON.stringify(text)), text);
    for (const text of no) assert.ok(!accepts(grammar, JSON.stringify(text)), text);
  });
}
