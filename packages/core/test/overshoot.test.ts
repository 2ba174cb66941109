import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Counters,
  type DecodeOptions,
  decode,
  defaultRegistry,
  type EmittedToken,
  lookupDrafter,
  modelDrafter,
  processedRow,
  type Sampling,
  sampling,
} from "@lenity/core";
import { noisyModel, randomModel, type TableModel } from "@lenity/core/testing";

const vocabulary = 12;
const registry = defaultRegistry();
const target = randomModel({ vocabulary, seed: 3 });
const draft = noisyModel({ vocabulary, seed: 3, noise: 1.5 });

async function run(options: Partial<DecodeOptions>): Promise<{ emitted: EmittedToken[]; counters: Counters }> {
  const emitted: EmittedToken[] = [];
  const drafter = modelDrafter(draft);
  for await (const event of decode([1], { target, drafter, draftTokens: 5, maxTokens: 60, ...options })) {
    if (event.type === "round") emitted.push(...event.tokens);
    else return { emitted, counters: event.counters };
  }
  throw new Error("no finish");
}

/** q(x) − p(x) of every accepted token, from the two models' rows, in order of size. */
function overshoots(emitted: readonly EmittedToken[], settings: Partial<Sampling>, q = (row: number) => row): number[] {
  const row = (model: TableModel, context: readonly number[]) =>
    processedRow(
      Float32Array.from(model.logits(context)),
      sampling({ ...settings, temperature: settings.temperature || 1 }),
    );
  const tokens = [1, ...emitted.map(({ token }) => token)];
  return emitted
    .flatMap(({ token, source }, at) => {
      if (source !== "draft") return [];
      const context = tokens.slice(0, at + 1);
      return [q(row(draft, context)[token] as number) - (row(target, context)[token] as number)];
    })
    .sort((a, b) => a - b);
}

const near = (found: number | undefined, expected: number | undefined) =>
  assert.ok(Math.abs((found ?? NaN) - (expected ?? NaN)) < 1e-6, `${found} ${expected}`);

const topk = { type: "topk", k: 5, delta: 1 };
for (const policy of ["judi", topk]) {
  for (const settings of [{ temperature: 0 }, { temperature: 1 }, { temperature: 0.6 }, { temperature: 1, topK: 4 }]) {
    if (policy === topk && settings.temperature === 0) continue;
    test(`${JSON.stringify(policy)} at ${JSON.stringify(settings)}: mean and 95th percentile of q − p over the accepted tokens`, async () => {
      const { emitted, counters } = await run({ verifier: registry.create(policy), sampling: settings });
      const expected = overshoots(emitted, settings);
      assert.ok(expected.length > 10);
      near(counters.overshoot?.mean, expected.reduce((sum, value) => sum + value, 0) / expected.length);
      near(counters.overshoot?.p95, expected[Math.ceil(0.95 * expected.length) - 1]);
    });
  }
}

test("a drafter that only proposes tokens is certain of them", async () => {
  const { emitted, counters } = await run({
    drafter: lookupDrafter(),
    verifier: registry.create({ type: "lenience", lenience: 0.2 }),
  });
  const expected = overshoots(emitted, { temperature: 0 }, () => 1);
  assert.ok(expected.length > 5);
  near(counters.overshoot?.p95, expected[Math.ceil(0.95 * expected.length) - 1]);
});

test("there is none for a lossless rule, or without an accepted token", async () => {
  const { counters } = await run({ verifier: registry.create("strict") });
  assert.deepEqual([counters.accepted > 0, counters.overshoot], [true, undefined]);
  assert.equal((await run({ verifier: registry.create("judi"), draftTokens: 0 })).counters.overshoot, undefined);
});

test("at temperature 0 there is none for a rule that reads no raw rows, so that it costs such a rule nothing", async () => {
  const { counters } = await run({ verifier: registry.create(topk) });
  assert.deepEqual([counters.accepted > 0, counters.overshoot], [true, undefined]);
});
