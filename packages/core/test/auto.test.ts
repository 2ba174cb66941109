/** "auto" in whole answers: what it may change, and what it must not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Counters,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  type HiddenKind,
  lookupDrafter,
  modelDrafter,
  sd,
  type Token,
} from "@lenity/core";
import {
  bracketGrammar,
  conformanceWidth,
  follows,
  noisyModel,
  randomLogits,
  randomModel,
  tableModel,
} from "@lenity/core/testing";

const vocabulary = 12;
const weight = Array.from({ length: conformanceWidth }, (_, i) => (i % 2 === 0 ? 3 : -2));
const registry = defaultRegistry({
  judge: { hidden: "pre-norm", weight, bias: 0 },
  autojudge: { mean: weight.map(() => 0), scale: weight.map(() => 1), weight, bias: -1 },
  tokenizer: { vocabulary: 26, special: new Set(), encode: () => [], decode: () => "" },
});
const state = (context: readonly Token[]) => randomLogits(context.length, conformanceWidth, 1);
/** Every kind of hidden state that a head may read. */
const hiddenOf = (kind: HiddenKind = "pre-norm") => ({ kind, width: conformanceWidth, state });

/** A new target each time: what is known of a target's times stays with it. */
const target = (seed: number, eos: readonly Token[] = [], kind?: HiddenKind) => {
  const { logits } = randomModel({ vocabulary, seed });
  return tableModel({ vocabulary, logits, eos, hidden: hiddenOf(kind) });
};
const near = (seed: number, noise = 1.5, eos: readonly Token[] = []) =>
  modelDrafter(noisyModel({ vocabulary, seed, noise, eos, hidden: hiddenOf() }));

interface Result {
  readonly tokens: readonly Token[];
  readonly counters: Counters;
}

async function run(options: DecodeOptions): Promise<Result> {
  const tokens: Token[] = [];
  for await (const event of decode([1], { maxTokens: 120, ...options })) {
    if (event.type === "finish") return { tokens, counters: event.counters };
    tokens.push(...event.tokens.map(({ token }) => token));
  }
  throw new Error("decode() ended without a finish event.");
}

/** A clock that a drafter moves on: drafts and everything between them take as long as it says. */
function machine(drafting: number, rest: number) {
  let now = 0;
  return {
    clock: () => (now += rest),
    slow: (drafter: Drafter): Drafter => ({
      ...drafter,
      async propose(request) {
        now += drafting * request.limit;
        return drafter.propose(request);
      },
    }),
  };
}
/** One on which a draft costs nothing, and one on which no draft pays. */
const machines = [machine(0.001, 5), machine(1000, 1)];
const policies = [
  ...registry.presets.map(({ name }) => name),
  ...registry.plugins.map(({ name, example }) => ({ type: name, ...example })),
];

describe("auto", () => {
  for (const policy of policies) {
    const name = typeof policy === "string" ? policy : policy.type;
    for (const temperature of [0, 1]) {
      const { needs } = registry.create(policy);
      if (needs?.mode === (temperature === 0 ? "sampled" : "greedy")) continue;
      test(`gives the same text on a fast and on a slow machine: ${JSON.stringify(policy)} at temperature ${temperature}`, async () => {
        for (let seed = 1; seed <= 4; seed++) {
          const verifier = registry.create(policy);
          const [fast, slow] = (await Promise.all(
            machines.map(async ({ clock, slow }) => {
              const shared = {
                target: target(seed, [], needs?.hidden),
                verifier,
                sampling: { temperature },
                seed,
                clock,
              };
              let last: Result | undefined;
              // The second answer knows the times of the first.
              for (let answer = 0; answer < 2; answer++) last = await run({ ...shared, drafter: slow(near(seed)) });
              return last as Result;
            }),
          )) as [Result, Result];
          assert.deepEqual(fast.tokens, slow.tokens, name);
          const exact = verifier.law === "exact";
          if (exact && (temperature === 0 || verifier.drawing === "noise")) {
            assert.ok(fast.counters.drafted > 2 * slow.counters.drafted, "it goes by the times");
            const plain = await run({ target: target(seed), verifier, sampling: { temperature }, seed });
            assert.deepEqual(fast.tokens, plain.tokens);
          } else assert.deepEqual(fast.counters.lengths, slow.counters.lengths);
        }
      });
    }
  }

  test("drafts little where nothing is accepted, and much where everything is", async () => {
    for (const verifier of [sd(), registry.create("judi")]) {
      const settings = { verifier, sampling: { temperature: 0 }, maxTokens: 400, clock: () => 0 };
      const hopeless = await run({ ...settings, target: target(3), drafter: near(4, 6) });
      const easy = await run({ ...settings, target: target(3), drafter: near(3, 0.01) });
      assert.ok((hopeless.counters.lengths[0] ?? 0) > 0.7 * hopeless.counters.rounds, `${hopeless.counters.lengths}`);
      assert.ok(easy.counters.drafted > 8 * easy.counters.rounds, `${easy.counters.lengths}`);
    }
  });

  test("counts the rounds by their draft length", async () => {
    const { counters } = await run({ target: target(5), drafter: near(5), verifier: registry.create("judi") });
    const { lengths, rounds, drafted } = counters;
    assert.equal(
      lengths.reduce((sum, count) => sum + count, 0),
      rounds,
    );
    assert.equal(
      lengths.reduce((sum, count, n) => sum + count * n, 0),
      drafted,
    );
    assert.ok(lengths.length <= 17);
  });

  test("never exceeds its longest block, the room in the answer, the context or the grammar", async () => {
    const eos = [0];
    const grammar = bracketGrammar(vocabulary);
    for (let seed = 1; seed <= 20; seed++) {
      const asked: [number, number][] = [];
      const watched = (drafter: Drafter): Drafter => ({
        ...drafter,
        propose(request) {
          asked.push([request.limit, request.context.length]);
          return drafter.propose(request);
        },
      });
      const shared = { drafter: watched(near(seed, 0.5, eos)), verifier: registry.create("judi"), seed };
      const maxDraftTokens = seed % 7;
      const small = { ...target(seed, eos), contextLength: 40 };
      const { tokens } = await run({ ...shared, target: small, grammar, maxDraftTokens, sampling: { temperature: 1 } });
      assert.ok(follows(grammar, tokens, new Set(eos)));
      for (const [limit, length] of asked) assert.ok(limit >= 1 && limit <= maxDraftTokens && length + limit < 40);
      if (maxDraftTokens === 0) assert.equal(asked.length, 0);
    }
  });

  test("leaves the length to a drafter that paces itself", async () => {
    const limits: number[] = [];
    const paced: Drafter = {
      ...near(4, 6),
      paced: true,
      propose: async ({ limit }) => {
        limits.push(limit);
        return { tokens: [] };
      },
    };
    await run({ target: target(3), drafter: paced, maxTokens: 50 });
    assert.deepEqual(
      limits.slice(0, 30),
      Array.from({ length: 30 }, () => 16),
    );
  });

  test("keeps strict text with prompt lookup, whose drafts come and go", async () => {
    for (let seed = 1; seed < 10; seed++) {
      const settings = { sampling: { temperature: 0 }, seed };
      const plain = await run({ ...settings, target: target(seed) });
      const { tokens, counters } = await run({ ...settings, target: target(seed), drafter: lookupDrafter() });
      assert.deepEqual(tokens, plain.tokens);
      assert.ok(counters.drafted > 0);
    }
  });

  test("is refused with a longest block that is no whole number up to 1024", async () => {
    for (const maxDraftTokens of [-1, 1.5, 1025])
      await assert.rejects(run({ target: target(1), drafter: near(1), maxDraftTokens }), {
        code: "invalid_request",
        path: "maxDraftTokens",
      });
  });
});
