import assert from "node:assert/strict";
import { test } from "node:test";
import { kl, ledger, type Verifier } from "@lenity/core";
import { oneStepLaw, randomLogits, singleRound } from "@lenity/core/testing";
import { relaxedLaw } from "../temperature/relaxed-law.ts";

const vocabulary = 8;

test("a relaxed position's law is the one that the ledger emits, with control tokens strict", async () => {
  const control = new Set([2, 5]);
  let relaxed = 0;
  for (let seed = 0; seed < 40; seed++) {
    const [p, q] = [randomLogits(seed, vocabulary, 1), randomLogits(seed + 100, vocabulary, 1)];
    const rule = ledger(kl({ threshold: 100, rows: "processed" }), { budget: 100 });
    const withControl: Verifier = { ...rule, verify: (round) => rule.verify({ ...round, control }) };
    // The ledger stays strict where the target's best token is a control token.
    if (control.has(p.indexOf(Math.max(...p)))) continue;
    relaxed++;
    const law = await oneStepLaw(withControl, p, q);
    for (let token = 0; token < vocabulary; token++) {
      const round = { ...singleRound(p, q, token, 0), control };
      const { ratio, accepted } = relaxedLaw(round, true);
      const px = round.target.probability(0, token);
      assert.ok(Math.abs(px / Math.exp(ratio) - (law[token] as number)) < 1e-5);
      assert.ok(accepted >= 0 && accepted <= 1 + 1e-9);
      // A token that is not control is accepted whenever it is drafted.
      const drafted = round.drafter?.probability(0, token) as number;
      if (!control.has(token)) assert.ok(Math.abs(accepted * (law[token] as number) - drafted) < 1e-5);
    }
  }
  assert.ok(relaxed > 20);
});

test("a strict position has the target's law, and accepts what speculative sampling does", () => {
  const [p, q] = [randomLogits(1, vocabulary, 1), randomLogits(2, vocabulary, 1)];
  for (let token = 0; token < vocabulary; token++) {
    const round = singleRound(p, q, token, 0);
    const [px, qx] = [round.target.probability(0, token), round.drafter?.probability(0, token) as number];
    assert.deepEqual(relaxedLaw(round, false), { ratio: 0, accepted: Math.min(px, qx) / px });
  }
});
