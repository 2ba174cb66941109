/** Bounds of numbers: a decimal text is accepted exactly if its value is within them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type LenityError, seeded } from "@lenity/core";
import fc from "fast-check";
import { jsonSchemaGrammar } from "../src/index.ts";
import { decimal } from "../src/json/decimal.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { accepts, randomText } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);
const seed = 3;

/** Numbers with few digits, which are often near each other. */
const near = fc
  .tuple(fc.integer({ min: -150, max: 150 }), fc.constantFrom(0.001, 0.01, 0.1, 1, 10, 1000, 1e12))
  .map(([count, unit]) => Number((count * unit).toPrecision(12)));
const written = fc.oneof(
  near.map(String),
  near.map((value) => `${String(value)}${String(value).includes(".") ? "0" : ".0"}`),
  fc.double({ min: -2000, max: 2000, noNaN: true }).map((value) => String(value)),
  fc.integer().map(String),
);

interface Range {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
}
const within = (value: number, range: Range): boolean =>
  value >= (range.minimum ?? Number.NEGATIVE_INFINITY) &&
  value <= (range.maximum ?? Number.POSITIVE_INFINITY) &&
  value > (range.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) &&
  value < (range.exclusiveMaximum ?? Number.POSITIVE_INFINITY);

const optional = fc.option(near, { nil: undefined });
const ranges = fc.record<Range>({
  minimum: optional,
  maximum: optional,
  exclusiveMinimum: optional,
  exclusiveMaximum: optional,
});

for (const [type, one] of [
  ["number", "a number"],
  ["integer", "an integer"],
]) {
  test(`${one} is accepted exactly if it is within the bounds`, () => {
    let [inside, outside] = [0, 0];
    fc.assert(
      fc.property(ranges, fc.array(written, { minLength: 20, maxLength: 20 }), (range, texts) => {
        if (Object.values(range).every((bound) => bound === undefined)) return;
        const bounds = Object.fromEntries(Object.entries(range).filter(([, bound]) => bound !== undefined));
        let grammar: ReturnType<typeof jsonSchemaGrammar>;
        try {
          grammar = jsonSchemaGrammar({ type, ...bounds }, tokenizer);
        } catch (error) {
          assert.equal((error as LenityError).code, "invalid_request");
          for (const text of texts)
            assert.ok(
              !within(Number(text), range) || (type === "integer" && !/^-?\d+$/.test(text)),
              `${text} is within ${JSON.stringify(range)}`,
            );
          return;
        }
        const limited = "exclusiveMinimum" in bounds || "exclusiveMaximum" in bounds;
        for (const text of texts) {
          if (text.includes("e") || text === "-0" || (limited && text.replace(/\D/g, "").length > 15)) continue;
          const fits = within(Number(text), range) && (type === "number" || /^-?\d+$/.test(text));
          // Integers have no negative zero.
          assert.equal(
            accepts(grammar, text),
            fits && !(type === "integer" && text === "-0"),
            `${text} in ${JSON.stringify(range)}`,
          );
          if (fits) inside++;
          else outside++;
        }
      }),
      { seed, numRuns: 1000 },
    );
    assert.ok(inside > 200 && outside > 200, `${inside} inside, ${outside} outside`);
  });

  test(`random texts of ${one} within bounds are within them as floating-point numbers`, () => {
    const random = seeded(seed);
    for (const range of [
      { minimum: 0.1, maximum: 0.3 },
      { exclusiveMinimum: 0.1, exclusiveMaximum: 1.3 },
      { exclusiveMinimum: -0.30000000000000004, maximum: 5 },
      { minimum: -1e20, exclusiveMaximum: 9007199254740991 },
      { minimum: 9007199254740990, maximum: 9007199254740992 },
      { exclusiveMinimum: 0 },
      { maximum: -7.25 },
      { minimum: 1e20 },
      { minimum: -5e-7, maximum: 12 },
    ]) {
      let grammar: ReturnType<typeof jsonSchemaGrammar>;
      try {
        grammar = jsonSchemaGrammar({ type, ...range }, tokenizer);
      } catch {
        assert.deepEqual([type, range.minimum], ["integer", 0.1]);
        continue;
      }
      for (let i = 0; i < 60; i++) {
        const text = randomText(grammar, tokenizer, random, { ends: 0.05 });
        assert.ok(within(JSON.parse(text), range), `${text} in ${JSON.stringify(range)}`);
        if (type === "integer") assert.match(text, /^(0|-?[1-9]\d*)$/);
      }
    }
  });
}

describe("near an exclusive bound", () => {
  test("texts that round to the bound are refused", () => {
    const grammar = jsonSchemaGrammar({ type: "number", exclusiveMinimum: 0.1 }, tokenizer);
    assert.ok(accepts(grammar, "0.10000000000001"));
    assert.ok(!accepts(grammar, "0.100000000000000000000001"));
    assert.equal(Number("0.100000000000000000000001"), 0.1);
  });

  test("an inclusive bound allows them", () => {
    const grammar = jsonSchemaGrammar({ type: "number", minimum: 0.1 }, tokenizer);
    assert.ok(accepts(grammar, "0.100000000000000000000001"));
    assert.ok(accepts(grammar, "0.1"));
    assert.ok(!accepts(grammar, "0.0999999999999999999999"));
  });
});

test("integers between 3 and 120 are those", () => {
  const grammar = jsonSchemaGrammar({ type: "integer", minimum: 3, maximum: 120 }, tokenizer);
  for (let value = -130; value < 1300; value++)
    assert.equal(accepts(grammar, String(value)), value >= 3 && value <= 120, `${value}`);
});

test("the whole range of safe integers has a small grammar", () => {
  const range = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
  const grammar = jsonSchemaGrammar({ type: "integer", ...range }, tokenizer);
  assert.ok(accepts(grammar, "9007199254740991") && accepts(grammar, "-9007199254740991") && accepts(grammar, "0"));
  assert.ok(!accepts(grammar, "9007199254740992") && !accepts(grammar, "-9007199254740992") && !accepts(grammar, "-0"));
});

test("bounds that leave no number are refused, with their path", () => {
  const refused = (schema: object) =>
    assert.throws(
      () => jsonSchemaGrammar({ type: "object", properties: { n: schema }, required: ["n"] }, tokenizer),
      (error: LenityError) =>
        error.code === "invalid_request" && error.path?.startsWith("schema.properties.n") === true,
    );
  refused({ type: "number", minimum: 2, maximum: 1 });
  refused({ type: "number", minimum: 1, exclusiveMaximum: 1 });
  refused({ type: "integer", minimum: 0.1, maximum: 0.9 });
  refused({ type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 2 });
  refused({ type: "number", minimum: 1e22 });
  refused({ type: "number", exclusiveMinimum: 2 ** 54 });
  refused({ type: "number", minimum: "1" });
  refused({ type: "number", minimum: Number.NaN });
  refused({ type: "number", exclusiveMinimum: true });
});

test("a decimal is what JavaScript writes, without a power of ten", () => {
  const says = (value: number) => {
    const { whole, fraction } = decimal(value);
    return `${whole}.${fraction}`;
  };
  assert.deepEqual([0, -0, 12, -3.5, 1e-7, 1.25e-9, 1e20, 123.456e18, 0.1, 5e-324].map(says), [
    ...[
      "0.",
      "0.",
      "12.",
      "3.5",
      "0.0000001",
      "0.00000000125",
      "100000000000000000000.",
      "123456000000000000000.",
      "0.1",
    ],
    `0.${"0".repeat(323)}5`,
  ]);
});
