import assert from "node:assert/strict";
import { test } from "node:test";
import { type DecodeEvent, type DecodeOptions, decode, defaultRegistry } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { connected } from "./connect.ts";
import { draftAtOnce } from "./draft-at-once.ts";

const registry = defaultRegistry();

async function counters(options: DecodeOptions) {
  let last: DecodeEvent | undefined;
  const texts: number[] = [];
  for await (const event of decode([0], { draftTokens: 8, ...options })) {
    last = event;
    if (event.type === "round") texts.push(...event.tokens.map(({ token }) => token));
  }
  assert.ok(last?.type === "finish");
  return { ...last.counters, texts };
}

const own = { vocabulary: 40, seed: 5, scale: 4 };
const policies = [
  { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.4 }] },
  { type: "or", any: [{ type: "sd" }, { type: "divergence", measure: "tv", threshold: 0.3, rows: "raw" }] },
  { type: "or", any: [{ type: "sd" }, { type: "divergence", measure: "js", threshold: 0.1, rows: "raw" }] },
];

for (const policy of policies) {
  const settings = () => ({
    drafter: draftAtOnce(noisyModel({ ...own, noise: 1 })),
    verifier: registry.create(policy),
    draftTokens: 6,
    maxTokens: 200,
  });

  test(`a gate over the wire leaves tokens undecided where few are listed: ${JSON.stringify(policy)}`, async () => {
    const near = await counters({ target: randomModel(own), ...settings() });
    assert.equal(near.undecided, 0);
    const few = await counters({
      target: await connected("sglang", { model: randomModel(own) }, { top: 4 }),
      ...settings(),
    });
    assert.ok(few.undecided > 0, "nothing was undecided");
    assert.ok(few.relaxed < near.relaxed, `${few.relaxed} relaxed, ${near.relaxed} with rows`);
  });

  test(`and is the same gate where all are listed: ${JSON.stringify(policy)}`, async () => {
    const near = await counters({ target: randomModel(own), ...settings() });
    const all = await counters({
      target: await connected("sglang", { model: randomModel(own) }, { top: 40 }),
      ...settings(),
    });
    assert.deepEqual([all.texts, all.relaxed, all.undecided], [near.texts, near.relaxed, 0]);
    assert.ok(near.relaxed > 0);
  });
}
