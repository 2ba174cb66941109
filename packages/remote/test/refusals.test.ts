/** What an engine that returns no rows cannot do is refused by name before the first token. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bannedTokens, type DecodeOptions, decode, defaultRegistry, lookupDrafter, modelDrafter } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { connected } from "./connect.ts";

const registry = defaultRegistry();
const own = { vocabulary: 30, seed: 5, eos: [2] };

async function refusal(options: Partial<DecodeOptions>, top = 20): Promise<unknown> {
  const target = await connected("sglang", { model: randomModel(own) }, { top });
  const before = target.fake.counts.calls;
  const drafter = modelDrafter(noisyModel({ ...own, noise: 1 }));
  try {
    for await (const _ of decode([0], { target, drafter, draftTokens: 8, maxTokens: 20, ...options }));
  } catch (error) {
    assert.equal(target.fake.counts.calls, before, "the engine was asked before the refusal");
    return error;
  }
  return undefined;
}

const refused: readonly (readonly [string, Partial<DecodeOptions>, RegExp])[] = [
  ["block, which reads whole rows", { verifier: registry.create("block") }, /the policy reads whole rows/],
  [
    "a rule on the entropy",
    { verifier: registry.create({ type: "typical" }), sampling: { temperature: 1 } },
    /the policy reads .*raw entropy/,
  ],
  [
    "reverse-kl",
    { verifier: registry.create({ type: "divergence", measure: "reverse-kl", threshold: 1, rows: "raw" }) },
    /raw reverse-kl/,
  ],
  ["a temperature that is neither 0 nor 1", { sampling: { temperature: 0.7 } }, /the temperature is 0\.7/],
  ["top-p", { sampling: { temperature: 1, topP: 0.9 } }, /top-k, top-p and min-p cut whole rows/],
  ["processors", { processors: [bannedTokens([4])] }, /processors .* change whole rows/],
  ["a trace", { trace: true }, /traces and log probabilities/],
  ["a temperature without a draft", { sampling: { temperature: 0.7 }, draftTokens: 0 }, /the temperature is 0\.7/],
];

describe("an engine that returns numbers refuses", () => {
  for (const [name, options, message] of refused)
    test(name, async () => {
      const error = await refusal(options);
      assert.ok(error instanceof Error && "code" in error && error.code === "unsupported", `${error}`);
      assert.match(error.message, message);
      assert.match(error.message, /table-model returns no rows, only numbers of them/);
    });

  test("topk with a k that it does not list, and not one that it lists", async () => {
    const options = { verifier: registry.create({ type: "topk", k: 10, delta: 1 }) };
    const error = await refusal(options, 8);
    assert.match(`${error}`, /the policy reads what is known only of whole rows: top 10/);
    assert.equal(await refusal(options, 10), undefined);
  });

  test("a judge, whose hidden states no engine returns", async () => {
    const judging = defaultRegistry({ judge: { hidden: "pre-norm", weight: [1, 1], bias: 0 } });
    assert.match(`${await refusal({ verifier: judging.create("judge") })}`, /reads pre-norm hidden states/);
  });
});

test("prompt lookup, which has no rows, drafts for an engine at temperature 1", async () => {
  const options = { drafter: lookupDrafter(), sampling: { temperature: 1 }, maxTokens: 40 };
  assert.equal(await refusal(options), undefined);
});
