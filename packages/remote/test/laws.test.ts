/** What is exact over the wire: greedy texts under every rule, and the law of `sd` at temperature 1. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DecodeEvent, type DecodeOptions, decode, defaultRegistry, type Token } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { connected, type FakeName, fakes } from "./connect.ts";
import { draftAtOnce } from "./draft-at-once.ts";

const registry = defaultRegistry();
const names = Object.keys(fakes) as FakeName[];

async function run(prompt: readonly Token[], options: DecodeOptions): Promise<DecodeEvent[]> {
  const events: DecodeEvent[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options })) events.push(event);
  return events;
}
const tokensOf = (events: readonly DecodeEvent[]): Token[] =>
  events.flatMap((event) => (event.type === "round" ? event.tokens.map(({ token }) => token) : []));

const rules = [
  { type: "sd" },
  { type: "exact" },
  { type: "topk", k: 4, delta: 0.5 },
  { type: "threshold", accept: 0.6, single: 0.8 },
  { type: "lenience", lenience: 0.3 },
  { type: "fly", entropy: 0.2, window: 3 },
  { type: "or", any: [{ type: "sd" }, { type: "topk", k: 2, delta: 0.9 }] },
  { type: "when", condition: { min_confidence: 0.5 }, then: { type: "topk", k: 3, delta: 0.4 } },
];

describe("at temperature 0, every rule says over the wire what it says of the rows", () => {
  for (const engine of names)
    for (const policy of rules)
      test(`${engine}: ${JSON.stringify(policy)}`, async () => {
        for (let seed = 0; seed < 8; seed++) {
          const own = { vocabulary: 40, seed, eos: [3] };
          const drafter = () => draftAtOnce(noisyModel({ ...own, noise: 1.5 }));
          const settings = { verifier: registry.create(policy), draftTokens: 5, maxTokens: 40, seed };
          const near = await run([0, seed], { target: randomModel(own), drafter: drafter(), ...settings });
          const target = await connected(engine, { model: randomModel(own) });
          const far = await run([0, seed], { target, drafter: drafter(), ...settings });
          assert.deepEqual(tokensOf(far), tokensOf(near));
          const [counted, expected] = [far.at(-1), near.at(-1)];
          assert.ok(counted?.type === "finish" && expected?.type === "finish");
          assert.equal(counted.counters.relaxed, expected.counters.relaxed);
          assert.equal(counted.counters.rounds, expected.counters.rounds);
          assert.equal(counted.reason, expected.reason);
        }
      });
});
