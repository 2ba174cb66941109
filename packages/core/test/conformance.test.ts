import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultRegistry, type Tokenizer, verifierPlugin } from "@lenity/core";
import { conformance, conformanceWidth } from "@lenity/core/testing";
import * as v from "valibot";

const weight = Array.from({ length: conformanceWidth }, (_, i) => (i % 2 === 0 ? 3 : -2));
const letters: Tokenizer = {
  vocabulary: 26,
  special: new Set(),
  encode: (text) => Array.from(text, (letter) => letter.charCodeAt(0) - 97),
  decode: (tokens) => tokens.map((token) => String.fromCharCode(97 + token)).join(""),
};
const registry = defaultRegistry({
  judge: { hidden: "pre-norm", weight, bias: 0 },
  autojudge: { mean: weight.map(() => 0), scale: weight.map(() => 1), weight, bias: -1 },
  tokenizer: letters,
});

for (const plugin of registry.plugins) {
  describe(plugin.name, () => {
    const cases = conformance(plugin, registry);
    for (const { name, skip, run } of cases) if (skip === undefined) test(name, run);
    test("leaves out only what cannot apply, and says why", () => {
      for (const { name, skip } of cases)
        if (skip !== undefined) assert.match(`${name}: ${skip}`, /: (it is|it decides|it reads|its strict|this rule)/);
    });
    test("states its source, unless it is a combinator, and an example that its schema accepts", () => {
      assert.ok(plugin.source !== undefined || ["or", "and", "when", "shadow", "unguarded"].includes(plugin.name));
      const verifier = registry.create({ type: plugin.name, ...plugin.example });
      if (plugin.law !== undefined) assert.equal(verifier.law, plugin.law);
      if (plugin.needs !== undefined) assert.deepEqual({ ...plugin.needs }, JSON.parse(JSON.stringify(verifier.needs)));
    });
  });
}

describe("a plugin of one's own", () => {
  const own = verifierPlugin({
    name: "own",
    summary: "Accepts by the target's probability.",
    schema: v.strictObject({ least: v.number(), kind: v.optional(v.picklist(["raw", "processed"]), "raw") }),
    create: ({ least, kind }) => ({
      name: "own",
      law: "none",
      verify: ({ draft, target }) => ({
        accept: draft.map((token, at) => target.probability(at, token, kind) >= least),
      }),
    }),
  });

  for (const { name, skip, run } of conformance({ ...own, example: { least: 0.1 } }))
    if (skip === undefined) test(`conforms by itself: ${name}`, run);

  test("that needs an option and has no example is told to give one, and of an example that its schema refuses what is wrong", () => {
    assert.throws(() => conformance(own), {
      name: "TypeError",
      message: /^"own" cannot be created from no options: policy\.least is missing.* Give the plugin an example/,
    });
    assert.throws(() => conformance({ ...own, example: { lest: 1 } }), {
      name: "TypeError",
      message: /from {"lest":1}: .*"lest"/,
    });
  });
});
