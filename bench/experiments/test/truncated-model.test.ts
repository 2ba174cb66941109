import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultRegistry, greedy, logitsEvidence, type Policy, sampling } from "@lenity/core";
import { randomLogits, tableModel } from "@lenity/core/testing";
import { type Truncation, truncatedModel } from "../harness/truncated-model.ts";

const vocabulary = 20;
const registry = defaultRegistry();

/** The tokens that may be drawn from a row after the truncation. */
async function kept(logits: Float32Array, truncation: Truncation, temperature: number): Promise<number[]> {
  const model = truncatedModel(tableModel({ vocabulary, logits: () => logits }), truncation, temperature);
  const { logits: cut } = await (await model.open()).append([1]);
  return [...cut.keys()].filter((token) => cut[token] !== Number.NEGATIVE_INFINITY);
}

/** The tokens that a rule accepts at a position with this row. */
async function accepted(logits: Float32Array, policy: Policy, temperature: number): Promise<number[]> {
  const draft = Array.from({ length: vocabulary }, (_, token) => token);
  const rows = new Float32Array(vocabulary * (vocabulary + 1));
  for (let at = 0; at <= vocabulary; at++) rows.set(logits, at * vocabulary);
  const how = temperature === 0 ? greedy : sampling({ temperature });
  const target = logitsEvidence(rows, vocabulary, how);
  const verdict = await registry.create(policy).verify({
    ...{ context: [1], promptLength: 1, draft, target, spent: new Map(), looping: false, control: new Set() },
    greedy: temperature === 0,
    uniform: draft.map(() => 0.999_999),
    noise: 0,
  });
  return draft.filter((token) => verdict.accept[token]);
}

describe("a truncated model keeps the tokens that the rule accepts, whatever the draft", () => {
  const pairs: readonly (readonly [Policy, Truncation, number])[] = [
    [{ type: "topk", k: 5, delta: 0.2 }, { kind: "topk", k: 5, delta: 0.2 }, 0],
    [{ type: "topk", k: 3, delta: 1 }, { kind: "topk", k: 3, delta: 1 }, 0],
    [{ type: "lenience", lenience: 0.2 }, { kind: "ratio", share: 0.2 }, 0],
    [{ type: "typical", epsilon: 0.09, delta: 0.3 }, { kind: "typical", epsilon: 0.09, delta: 0.3 }, 1],
    [{ type: "typical", epsilon: 0.3, delta: 0.6 }, { kind: "typical", epsilon: 0.3, delta: 0.6 }, 0.5],
    [{ type: "threshold", single: 0.1 }, { kind: "least", probability: 0.1 }, 1],
  ];
  for (const [policy, truncation, temperature] of pairs) {
    test(`${JSON.stringify(policy)} at temperature ${temperature}`, async () => {
      for (let seed = 0; seed < 50; seed++) {
        const logits = randomLogits(seed, vocabulary, 1.5);
        // The most probable token may be drawn even where the rule would not accept it.
        const set = new Set([...(await accepted(logits, policy, temperature)), logits.indexOf(Math.max(...logits))]);
        assert.deepEqual(
          await kept(logits, truncation, temperature || 1),
          [...set].sort((a, b) => a - b),
        );
      }
    });
  }
});

test("where the entropy is below the gate's only the most probable token is left, elsewhere all are", async () => {
  const [sure, unsure] = [new Float32Array(vocabulary), new Float32Array(vocabulary)];
  sure[4] = 20;
  unsure[4] = 0.1;
  assert.deepEqual(await kept(sure, { kind: "entropy", least: 0.5 }, 1), [4]);
  assert.equal((await kept(unsure, { kind: "entropy", least: 0.5 }, 1)).length, vocabulary);
});
