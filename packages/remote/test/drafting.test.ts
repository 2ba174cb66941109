/** Drafting for a target that is far away: block lengths that pay for the round trip, and drafting ahead. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Counters,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  modelDrafter,
  softmax,
  type Token,
} from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { eagerDrafter, pacedDrafter } from "@lenity/remote";
import { bestLength } from "../src/paced-drafter.ts";
import { draftAtOnce } from "./draft-at-once.ts";

async function run(options: DecodeOptions): Promise<{ readonly tokens: Token[]; readonly counters: Counters }> {
  const tokens: Token[] = [];
  let counters: Counters | undefined;
  for await (const event of decode([0], { draftTokens: 8, ...options })) {
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
    else counters = event.counters;
  }
  return { tokens, counters: counters ?? assert.fail() };
}

describe("the best block length", () => {
  test("grows with the round trip and the acceptance, and shrinks with the cost of a drafted token", () => {
    const at = (acceptance: number, roundTrip: number, perToken: number) =>
      bestLength({ acceptance, roundTrip, perToken }, 64);
    for (const acceptance of [0.5, 0.7, 0.9]) {
      const lengths = [1, 10, 50, 150].map((roundTrip) => at(acceptance, roundTrip, 2));
      assert.deepEqual(
        lengths,
        [...lengths].sort((a, b) => a - b),
      );
      assert.ok((lengths[0] ?? 0) < (lengths[3] ?? 0), `${lengths}`);
    }
    assert.ok(at(0.9, 50, 2) > at(0.5, 50, 2));
    assert.ok(at(0.8, 50, 1) > at(0.8, 50, 20));
    assert.equal(bestLength({ acceptance: 0.9, roundTrip: 50, perToken: 1 }, 3), 3);
    assert.equal(bestLength({ acceptance: 0, roundTrip: 50, perToken: 1 }, 8), 1);
  });

  test("is the one that a search by the definition finds", () => {
    const speed = (length: number, a: number, roundTrip: number, perToken: number) =>
      Array.from({ length: length + 1 }, (_, n) => a ** n).reduce((x, y) => x + y) / (roundTrip + length * perToken);
    for (const a of [0.3, 0.6, 0.85])
      for (const roundTrip of [2, 20, 200]) {
        const found = bestLength({ acceptance: a, roundTrip, perToken: 3 }, 40);
        const best = Math.max(...Array.from({ length: 40 }, (_, at) => speed(at + 1, a, roundTrip, 3)));
        assert.ok(speed(found, a, roundTrip, 3) >= best / 1.02);
      }
  });
});

/** A drafter with the lengths that were asked of it, each token of which takes a millisecond of `clock`. */
function watched(model: ReturnType<typeof noisyModel>) {
  const asked: number[] = [];
  let now = 0;
  const inner = modelDrafter(model);
  const drafter: Drafter = {
    ...inner,
    async propose(request) {
      asked.push(request.limit);
      const draft = await inner.propose(request);
      now += draft.tokens.length;
      return draft;
    },
  };
  return { drafter, asked, clock: () => now };
}

test("a paced drafter learns how much is accepted, and drafts more for a slow target than for a fast one", async () => {
  const own = { vocabulary: 30, seed: 5 };
  const mean = async (noise: number, roundTrip: number) => {
    const { drafter, asked, clock } = watched(noisyModel({ ...own, noise }));
    const target = randomModel(own);
    const options = { target, drafter: pacedDrafter(drafter, { roundTrip }, clock), draftTokens: 32, maxTokens: 300 };
    const { tokens } = await run(options);
    assert.deepEqual(tokens, (await run({ target, maxTokens: 300 })).tokens);
    const late = asked.slice(asked.length >> 1, -1);
    return late.reduce((a, b) => a + b, 0) / late.length;
  };
  const [near, far] = [await mean(0.5, 1), await mean(0.5, 150)];
  assert.ok(near < far / 1.5, `${near} near, ${far} far`);
  const [good, bad] = [await mean(0.2, 20), await mean(3, 20)];
  assert.ok(bad < good / 1.5, `${bad} with a bad draft, ${good} with a good one`);
});

describe("an eager drafter", () => {
  const own = { vocabulary: 30, seed: 5 };

  test("changes nothing about greedy texts under any rule, and its guesses are often right", async () => {
    const registry = defaultRegistry();
    const guesses = { right: 0, wrong: 0 };
    for (const policy of ["strict", "judi", { type: "topk", k: 3, delta: 0.5 }, { type: "fly", window: 3 }])
      for (let seed = 0; seed < 6; seed++) {
        const shape = { ...own, seed, eos: [3] };
        const drafter = () => draftAtOnce(noisyModel({ ...shape, noise: 0.6 }));
        const settings = {
          target: randomModel(shape),
          verifier: registry.create(policy),
          draftTokens: 4,
          maxTokens: 80,
        };
        const plain = await run({ ...settings, drafter: drafter() });
        const eager = await run({ ...settings, drafter: eagerDrafter(drafter(), guesses) });
        assert.deepEqual(eager, plain);
      }
    assert.ok(guesses.right > 50 && guesses.wrong > 50, JSON.stringify(guesses));
  });

  test("begins the next block before the target has answered", async () => {
    const order: string[] = [];
    const inner = modelDrafter(noisyModel({ ...own, noise: 0.3 }));
    const drafter: Drafter = {
      ...inner,
      async propose(request) {
        order.push(`draft ${request.context.length}`);
        return inner.propose(request);
      },
    };
    const model = randomModel(own);
    const target = {
      ...model,
      async open() {
        const session = await model.open();
        return {
          ...session,
          get length() {
            return session.length;
          },
          append: async (...[tokens, how]: Parameters<typeof session.append>) => {
            order.push("score");
            const scores = await session.append(tokens, how);
            order.push("scored");
            return scores;
          },
        };
      },
    };
    await run({ target, drafter: eagerDrafter(drafter), draftTokens: 4, maxTokens: 12 });
    const ahead = order.indexOf("draft 5");
    assert.ok(ahead > 0 && ahead < order.indexOf("scored"), order.join(", "));
  });

  test("keeps the law at temperature 1: chi-square of 60 000 tokens over every chain of three", async () => {
    const shape = { vocabulary: 3, seed: 7, scale: 1 };
    const target = randomModel(shape);
    const counts = new Map<string, number>();
    const guesses = { right: 0, wrong: 0 };
    for (let seed = 0; seed < 20_000; seed++) {
      const drafter = eagerDrafter(modelDrafter(noisyModel({ ...shape, noise: 1 })), guesses);
      const { tokens } = await run({
        target,
        drafter,
        draftTokens: 2,
        maxTokens: 6,
        sampling: { temperature: 1 },
        seed,
      });
      const key = tokens.slice(0, 3).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let square = 0;
    const extend = (chain: Token[], probability: number) => {
      if (chain.length < 3) {
        for (const [token, p] of softmax(target.logits([0, ...chain])).entries())
          extend([...chain, token], probability * p);
        return;
      }
      const expected = 20_000 * probability;
      square += ((counts.get(chain.join()) ?? 0) - expected) ** 2 / expected;
    };
    extend([], 1);
    // 26 degrees of freedom: the 99.99 % quantile is 62.
    assert.ok(square < 62, `chi-square ${square}`);
    assert.ok(guesses.right > 2000, JSON.stringify(guesses));
  });

  test("survives a failure ahead of time, and leaves no session open", async () => {
    const model = noisyModel({ ...own, noise: 1 });
    const inner = modelDrafter(model);
    let calls = 0;
    const drafter: Drafter = {
      ...inner,
      propose: async (request) => {
        if (++calls % 2 === 0) throw new Error("no time");
        return inner.propose(request);
      },
    };
    const target = randomModel(own);
    const { tokens } = await run({ target, drafter: eagerDrafter(drafter), draftTokens: 4, maxTokens: 40 });
    assert.deepEqual(tokens, (await run({ target, maxTokens: 40 })).tokens);
    assert.deepEqual([model.openSessions, target.openSessions], [0, 0]);
  });
});

test("under coupled the text of a seed is the same from drafters that pace, that draft ahead, and from none", async () => {
  const model = { vocabulary: 12, seed: 5, scale: 2 };
  const verifier = defaultRegistry().create({ type: "coupled" });
  const own = () => modelDrafter(noisyModel({ ...model, noise: 0.5 }));
  for (let seed = 0; seed < 6; seed++) {
    const target = randomModel(model);
    const options = { target, verifier, seed, maxTokens: 80, sampling: { temperature: 1 } };
    const plain = await run(options);
    for (const drafter of [
      eagerDrafter(own()),
      pacedDrafter(own(), { roundTrip: 20 }),
      eagerDrafter(pacedDrafter(own(), { roundTrip: 20 })),
    ]) {
      const { tokens, counters } = await run({ ...options, drafter });
      assert.deepEqual(tokens, plain.tokens);
      assert.ok(counters.accepted > 20, `${counters.accepted} accepted`);
    }
  }
});
