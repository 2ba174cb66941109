import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultRegistry, type Tokenizer } from "@lenity/core";
import { conformance, conformanceWidth } from "@lenity/core/testing";

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
        if (skip !== undefined) assert.match(`${name}: ${skip}`, /: (it is|it decides|it reads|its strict|no options)/);
    });
    test("states its source, unless it is a combinator, and an example that its schema takes", () => {
      assert.ok(plugin.source !== undefined || ["or", "and", "when", "shadow", "unguarded"].includes(plugin.name));
      const verifier = registry.create({ type: plugin.name, ...plugin.example });
      if (plugin.law !== undefined) assert.equal(verifier.law, plugin.law);
      if (plugin.needs !== undefined) assert.deepEqual({ ...plugin.needs }, JSON.parse(JSON.stringify(verifier.needs)));
    });
  });
}
