/**
 * Properties on awkward rows: no NaN leaves a verifier, no lossless one accepts what the target rules out, and the
 * counters add up.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DecodeOptions,
  decode,
  defaultRegistry,
  type EmittedToken,
  logitsEvidence,
  modelDrafter,
  type Round,
  sampling,
  seeded,
} from "@lenity/core";
import { conformanceWidth, noisyModel, randomModel } from "@lenity/core/testing";
import fc from "fast-check";

const weight = Array.from({ length: conformanceWidth }, (_, i) => i - 1);
const registry = defaultRegistry({
  judge: { hidden: "pre-norm", weight, bias: 0 },
  autojudge: { mean: weight, scale: weight.map(() => 1), weight, bias: 0 },
});
const rules = registry.plugins
  .filter(({ name }) => name !== "unguarded")
  .map((plugin) => ({ plugin, create: () => registry.create({ type: plugin.name, ...plugin.example }) }));

/** Logits with ties, zeros after softmax, one-hot rows, denormals and huge spreads; at least one is finite. */
const logit = fc.oneof(
  fc.float({ min: -8, max: 8, noNaN: true }),
  fc.constantFrom(0, 0, 1, 1e30, -1e30, 1e-42, Number.NEGATIVE_INFINITY, 88, -104),
);
const row = (vocabulary: number) =>
  fc
    .array(logit, { minLength: vocabulary, maxLength: vocabulary })
    .map((values) => (values.every((value) => value === Number.NEGATIVE_INFINITY) ? values.map(() => 0) : values));
const settings = fc.constantFrom(
  { temperature: 0 },
  { temperature: 1 },
  { temperature: 0.3, topK: 2 },
  { temperature: 2, topP: 0.7 },
  { temperature: 1, minP: 0.2 },
);

function roundOf(
  target: readonly number[][],
  drafter: readonly number[][],
  draft: readonly number[],
  coins: readonly number[],
  setting: object,
): Round {
  const vocabulary = (target[0] as number[]).length;
  const full = sampling(setting);
  return {
    context: [0],
    promptLength: 1,
    spent: new Map(),
    looping: false,
    draft,
    target: logitsEvidence(Float32Array.from(target.flat()), vocabulary, full),
    drafter: logitsEvidence(Float32Array.from(drafter.flat()), vocabulary, full),
    hidden: { width: conformanceWidth, at: () => new Float32Array(conformanceWidth) },
    greedy: full.temperature === 0,
    control: new Set([0]),
    uniform: coins,
    noise: 0,
  };
}

async function check(round: Round): Promise<void> {
  for (const { plugin, create } of rules) {
    if (plugin.needs?.mode !== undefined && (plugin.needs.mode === "greedy") !== round.greedy) continue;
    const { accept, replacement, charges = [] } = await create().verify(round);
    assert.equal(accept.length, round.draft.length, plugin.name);
    assert.ok(
      charges.flatMap(({ nats }) => nats).every((cost) => cost >= 0 && Number.isFinite(cost)),
      plugin.name,
    );
    for (const [at, token] of round.draft.entries()) {
      const kept = accept.slice(0, at + 1).every(Boolean);
      if (plugin.law === "exact" && kept)
        assert.ok(round.target.probability(at, token) > 0, `${plugin.name} accepted a token of probability 0`);
      const row = replacement?.(at) ?? round.target.row(at);
      const sum = row.reduce((a, b) => a + b, 0);
      assert.ok(
        Math.abs(sum - 1) < 1e-4 && row.every((value) => value >= 0),
        `${plugin.name}: the replacement sums to ${sum}`,
      );
      if (plugin.law === "exact") {
        for (let i = 0; i < row.length; i++)
          if ((row[i] as number) > 0)
            assert.ok(round.target.probability(at, i) > 0, `${plugin.name} would draw a token of probability 0`);
      }
    }
  }
}

test("every rule gives clean verdicts on any rows of small vocabularies", { timeout: 120_000 }, async () => {
  const rounds = fc.integer({ min: 2, max: 7 }).chain((vocabulary) =>
    fc.record({
      target: fc.array(row(vocabulary), { minLength: 4, maxLength: 4 }),
      drafter: fc.array(row(vocabulary), { minLength: 3, maxLength: 3 }),
      draft: fc.array(fc.nat(vocabulary - 1), { minLength: 3, maxLength: 3 }),
      coins: fc.array(fc.constantFrom(0, 1e-12, 0.3, 0.7, 1 - 2 ** -53), { minLength: 3, maxLength: 3 }),
      setting: settings,
    }),
  );
  await fc.assert(
    fc.asyncProperty(rounds, ({ target, drafter, draft, coins, setting }) =>
      check(roundOf(target, drafter, draft, coins, setting)),
    ),
    { numRuns: 400, seed: 2026 },
  );
});

test("and on rows of 151 936 tokens", { timeout: 120_000 }, async () => {
  const random = seeded(1);
  for (const setting of [{ temperature: 0 }, { temperature: 1 }, { temperature: 0.7, topP: 0.9 }]) {
    const wide = (scale: number) =>
      Array.from({ length: 151_936 }, () => (random() < 0.01 ? Number.NEGATIVE_INFINITY : scale * (random() - 0.5)));
    await check(roundOf([wide(20), wide(20)], [wide(20)], [Math.floor(random() * 151_936)], [random()], setting));
  }
});

test("the counters keep their identities under every rule on random runs", { timeout: 120_000 }, async () => {
  const random = seeded(7);
  for (let i = 0; i < 200; i++) {
    const { plugin, create } = rules[i % rules.length] as (typeof rules)[number];
    const { needs } = plugin;
    const temperature = needs?.mode === "greedy" ? 0 : needs?.mode === "sampled" ? 1 : i % 2;
    const verifier = create();
    const state = (context: readonly number[]) =>
      Array.from({ length: conformanceWidth }, (_, j) => ((context.at(-1) ?? 0) + j) % 3);
    const hidden = { kind: verifier.needs?.hidden ?? ("pre-norm" as const), width: conformanceWidth, state };
    const target = randomModel({ vocabulary: 10, seed: i, eos: [0], hidden });
    const options: DecodeOptions = {
      target,
      verifier,
      drafter: modelDrafter(noisyModel({ vocabulary: 10, seed: i, noise: 1.5, eos: [0] })),
      draftTokens: Math.floor(random() * 9),
      maxTokens: 1 + Math.floor(random() * 50),
      sampling: { temperature },
      seed: i,
    };
    const emitted: EmittedToken[] = [];
    for await (const event of decode([1], options)) {
      if (event.type === "round") emitted.push(...event.tokens);
      else {
        const c = event.counters;
        const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
        assert.equal(c.evaluated, c.accepted + c.rejected);
        assert.equal(c.emitted, c.accepted + c.replacements + c.bonuses - c.ignored);
        assert.equal(c.emitted, emitted.length);
        assert.equal(c.accepted, sum(Object.values(c.acceptedBy)));
        assert.equal(c.rounds, sum(c.histogram));
        assert.equal(c.accepted, sum(c.histogram.map((rounds, n) => rounds * n)));
        assert.ok(c.relaxed <= c.accepted && c.accepted <= c.evaluated && c.evaluated <= c.drafted);
        assert.ok(c.replacements <= c.rejected && c.replacements + c.bonuses <= c.rounds);
        if (verifier.law === "exact") assert.equal(c.relaxed, 0);
        if (verifier.budget !== undefined) assert.ok(c.spent <= verifier.budget + 1e-9);
      }
    }
  }
});
