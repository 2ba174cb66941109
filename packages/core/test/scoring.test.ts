import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type DecodeOptions,
  decode,
  defaultRegistry,
  logitsEvidence,
  modelDrafter,
  type Overshoot,
  sampling,
  sd,
} from "@lenity/core";
import { readingsEvidence } from "@lenity/core/internal";
import {
  conformanceWidth,
  noisyModel,
  randomLogits,
  randomModel,
  type ScoringModel,
  scoringModel,
  tableModel,
} from "@lenity/core/testing";

const weight = Array.from({ length: conformanceWidth }, (_, i) => (i % 2 === 0 ? 3 : -2));
const registry = defaultRegistry({ judge: { hidden: "pre-norm", weight, bias: 0 } });
const hidden = {
  kind: "pre-norm" as const,
  width: conformanceWidth,
  state: (context: readonly number[]) => randomLogits(context.length, 4, 1),
};

/** Everything that decoding says of forty tokens, with the overshoot apart from the other counters. */
async function said(
  target: ReturnType<typeof randomModel> | ScoringModel,
  policy: unknown,
  options: Partial<DecodeOptions>,
) {
  const drafter = modelDrafter(noisyModel({ vocabulary: 9, seed: 5, noise: 1.5 }));
  const events = [];
  let overshoot: Overshoot | undefined;
  for await (const event of decode([0], {
    target,
    drafter,
    verifier: registry.create(policy),
    draftTokens: 5,
    maxTokens: 40,
    seed: 2,
    ...options,
  })) {
    if (event.type === "finish") overshoot = event.counters.overshoot;
    events.push(event.type === "round" ? event : { ...event, counters: { ...event.counters, overshoot: undefined } });
  }
  return { events, overshoot };
}

/** Policies, and whether numbers are all that each of them reads. */
const policies: readonly (readonly [policy: unknown, numbers: boolean])[] = [
  ["strict", true],
  ["judi", true],
  ["judge", true],
  [{ type: "typical" }, true],
  [{ type: "lenience", lenience: 0.5 }, true],
  [{ type: "threshold", accept: 0.7, single: 0.9 }, true],
  [{ type: "topk", k: 1, delta: 0 }, true],
  [{ type: "divergence", measure: "tv", threshold: 0.3 }, true],
  [{ type: "and", all: [{ type: "kl", threshold: 1, rows: "processed" }, { type: "typical" }] }, true],
  [{ type: "when", condition: { min_entropy: 0.5, tokens: [3] }, then: { type: "kl", threshold: 1 } }, true],
  [{ type: "shadow", of: { type: "sd" }, candidates: [{ type: "kl", threshold: 0.4 }] }, true],
  [{ type: "unguarded", of: { type: "kl", threshold: 0.4 } }, true],
  ["block", false],
  [{ type: "or", any: [{ type: "sd" }, { type: "topk", k: 3, delta: 0.5 }] }, true],
  [{ type: "fly", entropy: 0.2, window: 3 }, true],
  [{ type: "ensemble", weight: 0.7 }, false],
];

/**
 * Of the same answer, its rows on a device or not: equal but for rounding. At temperature 0 it is known only for rules
 * that read raw rows, and on a device only for those that read the raw probability.
 */
function checkOvershoot(
  device: Overshoot | undefined,
  host: Overshoot | undefined,
  temperature: number,
  reads: readonly string[],
): void {
  assert.equal(host !== undefined, temperature > 0 || reads.some((reading) => reading.startsWith("raw")));
  assert.equal(device !== undefined, temperature > 0 || reads.includes("raw probability"));
  for (const name of ["mean", "p95"] as const)
    if (device !== undefined) {
      assert.ok(Math.abs(device[name] - (host?.[name] ?? NaN)) < 1e-6, `${device[name]} ${host?.[name]}`);
    }
}

describe("a target whose logits lie on a device", () => {
  for (const [policy, numbers] of policies) {
    test(`says under ${JSON.stringify(policy)} what it says by its rows, at every temperature`, async () => {
      for (const temperature of [0, 0.7, 1]) {
        const model = randomModel({ vocabulary: 9, seed: 5, hidden });
        const scoring = scoringModel(model);
        const settings = { sampling: { temperature } };
        const [device, host] = [await said(scoring, policy, settings), await said(model, policy, settings)];
        assert.deepEqual(device.events, host.events);
        const { law, reads } = registry.create(policy);
        if (law !== "exact") checkOvershoot(device.overshoot, host.overshoot, temperature, reads ?? []);
        if (temperature > 0) assert.equal(scoring.asked.blocks > 0, numbers);
      }
    });
  }

  test("rules out by numbers what it rules out by rows, and fetches no row for that", async () => {
    const plain = randomModel({ vocabulary: 9, seed: 5, hidden });
    // The draft model does not know of the mask.
    const masked = tableModel({
      vocabulary: 9,
      hidden,
      logits: (context) =>
        plain.logits(context).map((logit, id) => ((id + (context.at(-1) ?? 0)) % 3 === 0 ? -Infinity : logit)),
    });
    for (const policy of ["judi", "judge", { type: "unguarded", of: { type: "kl", threshold: 9 } }]) {
      for (const temperature of [0, 0.7, 1]) {
        const scoring = scoringModel(masked);
        const settings = { sampling: { temperature } };
        const { events } = await said(scoring, policy, settings);
        assert.deepEqual(events, (await said(masked, policy, settings)).events);
        if (temperature === 0) assert.deepEqual([scoring.asked.blocks > 0, scoring.asked.rows], [true, 0]);
      }
    }
  });

  test("ships no row at temperature 0, and above it one for each token that is drawn", async () => {
    const rounds = async (temperature: number) => {
      const model = scoringModel(randomModel({ vocabulary: 9, seed: 5 }));
      const { events } = await said(model, "judi", { sampling: { temperature } });
      return [model.asked, events.length - 1] as const;
    };
    const [greedy] = await rounds(0);
    assert.equal(greedy.rows, 0);
    const [sampled, count] = await rounds(1);
    assert.ok(sampled.rows > 0 && sampled.rows <= count);
  });

  test("ships rows where top-k, top-p or min-p cut them, and where tokens are traced", async () => {
    for (const options of [
      { sampling: { temperature: 1, topK: 3 } },
      { sampling: { temperature: 0.5, minP: 0.1 } },
      { trace: true },
    ]) {
      const model = scoringModel(randomModel({ vocabulary: 9, seed: 5 }));
      const answer = await said(model, "judi", options);
      assert.deepEqual(answer, await said(randomModel({ vocabulary: 9, seed: 5 }), "judi", options));
      // The last round may have no draft; at temperature 0 its argmax is all that is read.
      assert.ok(model.asked.blocks <= 1 && model.asked.rows === 0);
    }
  });

  test("is decoded plainly without rows at temperature 0", async () => {
    const model = scoringModel(randomModel({ vocabulary: 9, seed: 5 }));
    const answer = await said(model, "strict", { draftTokens: 0 });
    assert.deepEqual(answer, await said(randomModel({ vocabulary: 9, seed: 5 }), "strict", { draftTokens: 0 }));
    assert.deepEqual(model.asked, { blocks: 40, rows: 0 });
  });
});

test("a verifier that reads more than it says is told what, and what to do", async () => {
  const target = scoringModel(randomModel({ vocabulary: 9, seed: 5 }));
  const drafter = modelDrafter(noisyModel({ vocabulary: 9, seed: 5, noise: 1.5 }));
  const verifier = {
    ...sd(),
    verify: (round: Parameters<ReturnType<typeof sd>["verify"]>[0]) => ({
      accept: round.draft.map((_, at) => round.target.entropy(at, "raw") < 1),
    }),
  };
  await assert.rejects(async () => {
    for await (const _ of decode([0], { target, drafter, verifier, draftTokens: 5, maxTokens: 40 }));
  }, /The raw entropy of position 0 was read, but the verifier's `reads` does not list it. Add it, or leave `reads` out/);
});

test("evidence of numbers refuses positions that it does not have, and rows that were not loaded", async () => {
  const evidence = readingsEvidence({
    readings: { argmax: [2, 1] },
    draft: [2],
    vocabulary: 3,
    sampling: sampling({ temperature: 1 }),
    row: async () => Float32Array.of(0, 1, 2),
  });
  assert.equal(evidence.argmax(1), 1);
  assert.throws(() => evidence.argmax(2), /Position 2 is out of range; the evidence has 2 positions/);
  assert.throws(() => evidence.row(1), /The row of position 1 was read/);
  await evidence.load?.(1);
  assert.deepEqual(evidence.row(1), logitsEvidence(Float32Array.of(0, 1, 2), 3, sampling({ temperature: 1 })).row(0));
});

test("what was read of logits before they were lent is read of them again, where they are then", async () => {
  for (const temperature of [0, 0.5, 1]) {
    const evidence = logitsEvidence(Float32Array.of(0, 1, 3, 2), 2, sampling({ temperature }));
    const read = () =>
      [0, 1].map((at) => [
        evidence.argmax(at),
        evidence.probability(at, 0),
        evidence.entropy(at, "raw"),
        ...evidence.row(at),
      ]);
    const before = read();
    await evidence.transferLogits(async (logits) => {
      const moved = logits.slice();
      logits.fill(Number.NaN);
      return moved;
    });
    assert.deepEqual(read(), before);
    assert.equal(evidence.probability(1, 0, "raw") < 1, true);
  }
});

test("logits are lent and taken back", async () => {
  const evidence = logitsEvidence(Float32Array.of(0, 1), 2, sampling());
  await evidence.transferLogits(async (logits) => {
    assert.deepEqual(logits, Float32Array.of(0, 1));
    return Float32Array.of(5, 4);
  });
  assert.deepEqual(evidence.logits(0), Float32Array.of(5, 4));
});
