/** What a grammar cannot follow is refused by name, and what is too large ends in an error. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ErrorCode, LenityError } from "@lenity/core";
import { choiceGrammar, jsonSchemaGrammar } from "../src/index.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { accepts } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);

function refused(schema: unknown, code: ErrorCode, path: string, message: RegExp = /./): void {
  assert.throws(
    () => jsonSchemaGrammar(schema, tokenizer),
    (error) => {
      assert.ok(error instanceof LenityError, String(error));
      assert.deepEqual([error.code, error.path], [code, path], error.message);
      assert.ok(error.message.startsWith(path.slice(0, 60)), error.message);
      assert.match(error.message, message);
      assert.ok(error.message.length < 1000);
      return true;
    },
  );
}

describe("keywords that are not supported, with their path and what to do instead:", () => {
  const keywords: Readonly<Record<string, unknown>> = {
    allOf: [{ type: "string" }],
    oneOf: [{ type: "string" }],
    not: { type: "string" },
    if: {},
    then: {},
    else: {},
    dependentSchemas: {},
    dependentRequired: {},
    multipleOf: 2,
    uniqueItems: true,
    contains: {},
    prefixItems: [],
    unevaluatedItems: false,
    unevaluatedProperties: false,
    patternProperties: {},
    propertyNames: {},
    minProperties: 1,
    maxProperties: 1,
    contentEncoding: "base64",
    $anchor: "a",
    $dynamicRef: "#a",
  };
  for (const [keyword, value] of Object.entries(keywords)) {
    test(keyword, () => {
      const inside = {
        type: "object",
        properties: { "first name": { type: "array", items: { anyOf: [{ type: "null" }, { [keyword]: value }] } } },
      };
      refused(
        inside,
        "unsupported",
        `schema.properties["first name"].items.anyOf[1].${keyword}`,
        /is not supported\. [A-Z]/,
      );
      refused({ $ref: "#/$defs/a", $defs: { a: { [keyword]: value } } }, "unsupported", `schema.$defs.a.${keyword}`);
    });
  }

  test("also where a definition is not used, nothing is refused", () => {
    assert.ok(accepts(jsonSchemaGrammar({ type: "null", $defs: { a: { not: {} } } }, tokenizer), "null"));
  });
});

test("an unknown keyword is refused, with the one that may be meant", () => {
  refused({ type: "string", minLenght: 1 }, "invalid_request", "schema.minLenght", /Did you mean "minLength"\?/);
});

test("other things that are not supported say so", () => {
  refused({ type: "string", format: "iri" }, "unsupported", "schema.format", /"iri"/);
  refused({ type: "string", format: "emial" }, "unsupported", "schema.format", /Did you mean "email"\?/);
  refused({ $ref: "https://example.com/schema" }, "unsupported", "schema.$ref");
  refused({ $ref: "other.json#/a" }, "unsupported", "schema.$ref");
  refused({ $ref: "#/$defs/a", type: "string", $defs: { a: {} } }, "unsupported", "schema.$ref", /beside type/);
  refused({ enum: ["a"], minLength: 1 }, "unsupported", "schema.enum", /minLength/);
  refused(
    { type: "object", additionalProperties: false, anyOf: [{ properties: { a: {} } }] },
    "unsupported",
    "schema.anyOf[0].properties",
  );
  refused({ minLength: 1, anyOf: [{ minLength: 2 }] }, "unsupported", "schema.anyOf[0].minLength");
  refused({ minLength: 1, anyOf: [{ $ref: "#/$defs/a" }], $defs: { a: {} } }, "unsupported", "schema.anyOf[0].$ref");
});

test("malformed schemas are refused", () => {
  for (const schema of [null, 1, "string", [], undefined]) refused(schema, "invalid_request", "schema");
  refused({ type: "text" }, "invalid_request", "schema.type", /"text"; expected one or more of object/);
  refused({ type: [] }, "invalid_request", "schema.type");
  refused({ type: 3 }, "invalid_request", "schema.type");
  refused({ type: ["string", null] }, "invalid_request", "schema.type");
  refused({ nullable: "yes" }, "invalid_request", "schema.nullable");
  refused({ properties: [] }, "invalid_request", "schema.properties");
  refused({ properties: { a: 1 } }, "invalid_request", "schema.properties.a");
  refused({ properties: { a: {} }, required: ["b"] }, "invalid_request", "schema.required", /"b"/);
  refused({ properties: { a: {} }, required: "a" }, "invalid_request", "schema.required");
  refused({ properties: { a: {} }, required: [1] }, "invalid_request", "schema.required");
  refused({ additionalProperties: 1 }, "invalid_request", "schema.additionalProperties");
  refused({ items: [] }, "invalid_request", "schema.items");
  refused({ minItems: -1 }, "invalid_request", "schema.minItems");
  refused({ maxItems: 1.5 }, "invalid_request", "schema.maxItems");
  refused({ minItems: 2, maxItems: 1 }, "invalid_request", "schema");
  refused({ minLength: "1" }, "invalid_request", "schema.minLength");
  refused({ minLength: 3, maxLength: 2 }, "invalid_request", "schema");
  refused({ pattern: 1 }, "invalid_request", "schema.pattern");
  refused({ pattern: "(" }, "invalid_request", "schema.pattern");
  refused({ pattern: "^a$", minLength: 2 }, "invalid_request", "schema", /no string/);
  refused({ format: 1 }, "invalid_request", "schema.format");
  refused({ enum: [] }, "invalid_request", "schema.enum");
  refused({ enum: "a" }, "invalid_request", "schema.enum");
  refused({ type: "string", enum: [1] }, "invalid_request", "schema.enum", /type/);
  refused({ enum: ["a", "\ud800"] }, "invalid_request", "schema.enum[1]", /half a character/);
  refused({ const: Number.NaN }, "invalid_request", "schema.const");
  refused({ properties: { "\ud800": {} } }, "invalid_request", "schema.properties");
  refused({ anyOf: [] }, "invalid_request", "schema.anyOf");
  refused({ anyOf: {} }, "invalid_request", "schema.anyOf");
  refused({ anyOf: [{}, 1] }, "invalid_request", "schema.anyOf[1]");
  refused({ $ref: 1 }, "invalid_request", "schema.$ref");
  refused({ $ref: "#/$defs/b", $defs: { a: {} } }, "invalid_request", "schema.$ref", /no schema\.\$defs\.b/);
  refused({ anyOf: [{ $ref: "#/title" }], title: "string" }, "invalid_request", "schema.title");
  refused({ $ref: "#/$defs/length", $defs: [] }, "invalid_request", "schema.$ref");
});

test("schemas that no value fulfils are refused", () => {
  refused(false, "invalid_request", "schema", /fulfilled by no value/);
  refused({ $ref: "#" }, "invalid_request", "schema");
  refused({ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, "invalid_request", "schema");
  refused({ type: "array", items: { $ref: "#" }, minItems: 1 }, "invalid_request", "schema");
  refused({ type: "object", properties: { a: false }, required: ["a"] }, "invalid_request", "schema");
});

describe("schemas that explode end in an error about their size:", () => {
  const nested = (levels: number) => {
    let schema: object = { type: "null" };
    for (let level = 0; level < levels; level++) schema = { type: "array", items: schema };
    return schema;
  };
  const circle: { type: string; items?: unknown } = { type: "array" };
  circle.items = { anyOf: [{ type: "null" }, circle] };
  const endless: Record<string, unknown> = {};
  endless["a"] = endless;
  const named = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, { type: "string" }]));
  const large: Readonly<Record<string, unknown>> = {
    "10 000 levels": nested(10_000),
    "10 000 properties that may be left out": { type: "object", properties: named(10_000) },
    "a million values": { enum: Array.from({ length: 1_000_000 }, (_, at) => at) },
    "a long value": { const: "a".repeat(2_000_000) },
    "a constant that contains itself": { const: endless },
    "a pattern for a million lengths": { type: "string", pattern: "^[a-z]*$", maxLength: 1_000_000 },
    "a thousand unions of a thousand": {
      $defs: { u: { anyOf: Array.from({ length: 2000 }, (_, at) => ({ const: at })) } },
      type: "array",
      items: {
        type: "object",
        properties: Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`p${at}`, { $ref: "#/$defs/u" }])),
      },
    },
  };
  for (const [name, schema] of Object.entries(large)) {
    test(name, () => {
      const began = performance.now();
      assert.throws(
        () => jsonSchemaGrammar(schema, tokenizer),
        (error: LenityError) =>
          error.code === "invalid_request" && /too large/.test(error.message) && error.message.length < 500,
      );
      // It takes below a second on an idle machine.
      assert.ok(performance.now() - began < 20_000);
    });
  }

  test("but not these", () => {
    jsonSchemaGrammar(nested(100), tokenizer);
    jsonSchemaGrammar(circle, tokenizer);
    jsonSchemaGrammar({ type: "object", properties: named(1000) }, tokenizer);
    jsonSchemaGrammar({ type: "string", maxLength: 1e9, minLength: 1e6 }, tokenizer);
    jsonSchemaGrammar({ type: "array", items: {}, maxItems: 1e9, minItems: 1e6 }, tokenizer);
    // Each definition refers to the next one twice.
    const $defs: Record<string, unknown> = { d60: { type: "string" } };
    for (let at = 0; at < 60; at++)
      $defs[`d${at}`] = { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] };
    assert.ok(accepts(jsonSchemaGrammar({ $defs, $ref: "#/$defs/d0" }, tokenizer), '"a"'));
  });
});

test("objects that contain themselves in two ways are read in linear time", () => {
  const child = { $ref: "#" };
  const object = (k: string) => ({ type: "object", properties: { x: child, k: { const: k } }, required: ["x", "k"] });
  const grammar = jsonSchemaGrammar({ anyOf: [object("1"), object("2"), { type: "null" }] }, tokenizer);
  const depth = 2000;
  const text = [
    '{"x":'.repeat(depth),
    "null",
    ...Array.from({ length: depth }, (_, at) => `,"k":"${1 + (at % 2)}"}`),
  ].join("");
  assert.ok(accepts(grammar, text));
  assert.ok(!accepts(grammar, text.replace('"1"', '"3"')));
});

test("choices are texts, at least one", () => {
  const code = (choices: readonly string[]) => {
    try {
      choiceGrammar(choices, tokenizer);
      return undefined;
    } catch (error) {
      return (error as LenityError).path;
    }
  };
  assert.deepEqual([code([]), code(["a", "\udc00"]), code(["a"])], ["choices", "choices[1]", undefined]);
  assert.match(code(Array.from({ length: 100_000 }, (_, at) => `choice ${at}`)) ?? "", /^choices\[\d+\]$/);
  const grammar = choiceGrammar(["yes", "yes", "no", "", "日本", "日"], tokenizer);
  for (const choice of ["yes", "no", "", "日本", "日"]) assert.ok(accepts(grammar, choice));
  for (const other of ["y", "yesno", "本", "日本日"]) assert.ok(!accepts(grammar, other));
});
