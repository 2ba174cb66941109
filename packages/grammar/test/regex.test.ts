/** Regular expressions: as JavaScript matches them, refused where no automaton can, and never for long. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Grammar, type LenityError, seeded } from "@lenity/core";
import fc from "fast-check";
import { jsonSchemaGrammar, regexGrammar } from "../src/index.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { accepts, legal, randomText } from "./walks.ts";

const tokenizer = pieceTokenizer(jsonPieces);
const seed = 9;

const sets = [
  "a",
  "b",
  "é",
  "日",
  "🎉",
  ".",
  "\\d",
  "\\D",
  "\\w",
  "\\W",
  "\\s",
  "\\S",
  "[ab]",
  "[^ab]",
  "[a-f]",
  "[^]",
  "[\\d\\-x]",
  "[é-日]",
  "\\p{L}",
  "\\P{L}",
  "[\\p{Lu}_]",
  "\\n",
  "\\x41",
  "\\u{1F389}",
  "\\.",
  "\\/",
  "[🎉-🎊]",
];
const times = ["", "", "", "?", "*", "+", "*?", "{2}", "{0,2}", "{1,}", "{2,3}?", "{0}"];
const atom = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...sets) },
  { weight: 1, arbitrary: fc.constantFrom("^", "$") },
);
const counted = (one: fc.Arbitrary<string>) =>
  fc.tuple(one, fc.constantFrom(...times)).map(([part, count]) => (part === "^" || part === "$" ? part : part + count));
const patterns = fc
  .letrec<{ pattern: string; group: string }>((tie) => ({
    pattern: fc
      .array(fc.array(fc.oneof({ maxDepth: 2 }, counted(atom), tie("group")), { maxLength: 4 }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((alternatives) => alternatives.map((parts) => parts.join("")).join("|")),
    group: counted(
      fc
        .tuple(fc.constantFrom("(", "(?:", "(?<n>"), tie("pattern"))
        .map(([open, inner]) => `${inner.includes("<n>") ? "(" : open}${inner})`),
    ),
  }))
  .pattern.filter((pattern) => (pattern.match(/<n>/g)?.length ?? 0) < 2);
const texts = fc
  .array(fc.constantFrom(..."abcfxA09_- .\n\u2028é日🎉/ßΩ"), { maxLength: 6 })
  .map((letters) => letters.join(""));

/** The grammar; undefined if nothing matches the pattern; "large" if its automaton is too large. */
function compiled(make: () => Grammar): Grammar | "large" | undefined {
  try {
    return make();
  } catch (error) {
    const { code, message } = error as LenityError;
    assert.equal(code, "invalid_request");
    if (/makes the grammar too large/.test(message)) return "large";
    assert.match(message, /fulfilled by no/);
    return undefined;
  }
}

/** Compares a grammar with an expression of JavaScript on random texts. */
function compare(
  compile: (pattern: string) => Grammar,
  expression: (pattern: string) => string,
  write: (text: string) => string,
): void {
  let [matched, all, large] = [0, 0, 0];
  fc.assert(
    fc.property(patterns, fc.array(texts, { minLength: 12, maxLength: 12 }), (pattern, some) => {
      const grammar = compiled(() => compile(pattern));
      if (grammar === "large") {
        large++;
        return;
      }
      const found = new RegExp(expression(pattern), "u");
      for (const text of some) {
        all++;
        if (found.test(text)) matched++;
        const accepted: boolean = grammar !== undefined && accepts(grammar, write(text));
        assert.equal(accepted, found.test(text), `${pattern} ${JSON.stringify(text)}`);
      }
    }),
    { seed, numRuns: 300 },
  );
  assert.ok(matched > 300 && matched < all - 300, `${matched} of ${all}`);
  // Some random patterns have no small automaton.
  assert.ok(large < 9, `${large} patterns are too large`);
}

test("a text is accepted exactly if JavaScript matches the whole of it", () => {
  compare(
    (pattern) => regexGrammar(pattern, tokenizer),
    (pattern) => `^(?:${pattern})$`,
    (text) => text,
  );
});

test("a string with a pattern is accepted exactly if JavaScript finds the pattern in it", () => {
  compare(
    (pattern) => jsonSchemaGrammar({ type: "string", pattern }, tokenizer),
    (pattern) => pattern,
    (text) => JSON.stringify(text),
  );
});

test("random texts of legal tokens match", () => {
  fc.assert(
    fc.property(patterns, fc.integer(), (pattern, draw) => {
      const grammar = compiled(() => regexGrammar(pattern, tokenizer));
      if (grammar === undefined || grammar === "large") return;
      const whole = new RegExp(`^(?:${pattern})$`, "u");
      for (let i = 0; i < 3; i++)
        assert.match(randomText(grammar, tokenizer, seeded(draw + i), { tokens: 10, ends: 0.5 }), whole);
    }),
    { seed, numRuns: 60 },
  );
});

test("the beginning may come after the end, in an empty text", () => {
  const grammar = regexGrammar("$^|$a", tokenizer);
  assert.ok(accepts(grammar, "") && !accepts(grammar, "a"));
  assert.ok(accepts(jsonSchemaGrammar({ type: "string", pattern: "$^" }, tokenizer), '""'));
});

test("an expression without texts of some length but the empty one allows only the end", () => {
  const grammar = regexGrammar("a{0}", tokenizer);
  assert.ok(grammar.accepting(grammar.start));
  assert.deepEqual(legal(grammar, grammar.start, tokenizer), []);
});

describe("refused, with the part at fault:", () => {
  const refused: Readonly<Record<string, string>> = {
    "(a)\\1": "\\1",
    "(?<n>a)\\k<n>": "\\k<n>",
    "a(?=b)": "(?=b)",
    "a(?!b)": "(?!b)",
    "(?<=a)b": "(?<=a)",
    "(?<!a)b": "(?<!a)",
    "\\bword": "\\b",
    "a\\B": "\\B",
    "(?i:a)": "(?i:a)",
  };
  for (const [pattern, part] of Object.entries(refused)) {
    test(pattern, () => {
      const says = (path: string) => (error: LenityError) =>
        error.code === "unsupported" && error.path === path && error.message.includes(JSON.stringify(part));
      assert.throws(() => regexGrammar(pattern, tokenizer), says("pattern"));
      const schema = { type: "object", properties: { a: { type: "string", pattern } } };
      assert.throws(() => jsonSchemaGrammar(schema, tokenizer), says("schema.properties.a.pattern"));
    });
  }

  for (const pattern of [
    "(",
    "[",
    "a{2,1}",
    "*",
    "\\",
    "\\q",
    "(?<n",
    "\\p{Nonsense}",
    "[b-a]",
    "\\u{110000}",
    "a".repeat(5000),
  ]) {
    test(`${pattern.slice(0, 20)} is malformed`, () => {
      assert.throws(
        () => regexGrammar(pattern, tokenizer),
        (error: LenityError) =>
          error.code === "invalid_request" && error.path === "pattern" && error.message.length < 400,
      );
    });
  }

  for (const pattern of ["a$b", "a^", "[]", "\\ud800", "[\\udc00-\\udfff]+", "b(?:[]|a$c)"]) {
    test(`${pattern} matches nothing`, () => {
      assert.throws(
        () => regexGrammar(pattern, tokenizer),
        (error: LenityError) => error.code === "invalid_request" && /fulfilled by no text/.test(error.message),
      );
    });
  }
});

describe("expressions that are built to blow up", () => {
  const large = [
    "(?:a|b)*a(?:a|b){25}",
    "(?:(?:(?:a{1,99}){1,99}){1,99}){1,99}",
    "(?:){999999999}",
    "a{1,1e9}".replace("1e9", "1000000000"),
    "(?:\\p{L}{1,200}){1,200}",
    "(?:[ab]*a[ab]{12}){3}",
    "(?:a?){2000}a{2000}",
  ];
  for (const pattern of large) {
    test(`${pattern} ends in an error about its size`, () => {
      const began = performance.now();
      assert.throws(
        () => regexGrammar(pattern, tokenizer),
        (error: LenityError) =>
          error.code === "invalid_request" && error.path === "pattern" && /too large/.test(error.message),
      );
      // It takes below a second on an idle machine.
      assert.ok(performance.now() - began < 20_000);
    });
  }

  const fine = [
    "(?:a*)*b",
    "(?:a|aa)+c",
    "(?:\\w+\\s?)*x",
    "(?:.*)*(?:.*)*(?:.*)*z",
    `${"(".repeat(500)}a${")".repeat(500)}`,
    "(?:x+x+)+y",
    "(?:[a-z]{1,63}\\.){1,8}[a-z]{2,63}",
  ];
  for (const pattern of fine) {
    test(`${pattern.slice(0, 40)} has a grammar, on which no long text is slow`, () => {
      const grammar = regexGrammar(pattern, tokenizer);
      const began = performance.now();
      assert.ok(!accepts(grammar, "a".repeat(50_000)));
      assert.ok(performance.now() - began < 20_000);
    });
  }
});
