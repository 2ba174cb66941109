/** Hidden states over the wire: what a judge of them accepts is what it accepts of a model in this process. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DecodeEvent, type DecodeOptions, decode, defaultRegistry, type Token } from "@lenity/core";
import { noisyModel, randomLogits, randomModel } from "@lenity/core/testing";
import { connected } from "./connect.ts";
import { draftAtOnce } from "./draft-at-once.ts";
import type { FakeOptions } from "./fakes/fake-engine.ts";

const width = 4;
/** Differs at every index, so that a state of the token before or after would be noticed. */
const states = (context: readonly Token[]) =>
  randomLogits(
    context.reduce((sum, token, at) => sum + (at + 1) * (token + 1) * 31, context.length),
    width,
    2,
  );
const head = {
  hidden: "post-norm",
  weight: [1, -1, 0.5, 2],
  bias: 0,
  mean: Array(width).fill(0),
  scale: Array(width).fill(1),
} as const;
const registry = defaultRegistry({ autojudge: head });

async function run(target: DecodeOptions["target"], own: { vocabulary: number; seed: number }, prompt: Token[]) {
  const events: DecodeEvent[] = [];
  const drafter = draftAtOnce(noisyModel({ ...own, noise: 1.5 }));
  const verifier = registry.create({ type: "autojudge", threshold: 0.5 });
  for await (const event of decode(prompt, { target, drafter, verifier, draftTokens: 5, maxTokens: 60 }))
    events.push(event);
  const last = events.at(-1);
  assert.ok(last?.type === "finish");
  const tokens = events.flatMap((event) => (event.type === "round" ? event.tokens.map(({ token }) => token) : []));
  return { tokens, relaxed: last.counters.relaxed };
}

const remote = (seed: number, more: Partial<FakeOptions> = {}) => {
  const own = { vocabulary: 40, seed };
  return connected("sglang", { model: randomModel(own), states, ...more });
};

interface Reply {
  readonly meta_info: { readonly hidden_states?: readonly (readonly unknown[])[] };
}

describe("SGLang's hidden states", () => {
  test("let autojudge say what it says of a model in this process", async () => {
    let relaxed = 0;
    for (let seed = 0; seed < 8; seed++) {
      const own = { vocabulary: 40, seed };
      const near = randomModel({ ...own, hidden: { kind: "post-norm", width, state: states } });
      const target = await remote(seed);
      assert.deepEqual(target.hidden, { "post-norm": width });
      const expected = await run(near, own, [0, seed]);
      assert.deepEqual(await run(target, own, [0, seed]), expected);
      relaxed += expected.relaxed;
    }
    assert.ok(relaxed > 20, `${relaxed} relaxed`);
  });

  test("are those of the block even where the cache is stale and all is computed again", async () => {
    const own = { vocabulary: 40, seed: 3 };
    const target = await remote(3, { staleEvery: 3 });
    assert.deepEqual((await run(target, own, [0, 1])).tokens, (await run(await remote(3), own, [0, 1])).tokens);
    assert.ok(target.wire.stale > 0);
  });

  test("are not sent of the prompt", async () => {
    const target = await remote(1);
    let most = 0;
    const answer = target.fake.fetch;
    target.fake.fetch = async (request) => {
      const response = await answer(request);
      const replies = [(await response.clone().json()) as Reply | Reply[]].flat();
      most = Math.max(most, ...replies.map(({ meta_info: meta }) => meta.hidden_states?.[0]?.length ?? 0));
      return response;
    };
    await run(
      target,
      { vocabulary: 40, seed: 1 },
      Array.from({ length: 200 }, (_, at) => at % 40),
    );
    assert.ok(most > 1 && most <= 8, `${most} states in an answer`);
  });

  test("are not used of a server that returns none, only the last one's, or those of an old version", async () => {
    for (const quirk of [{ states: undefined }, { onlyLastStates: true }, { withoutModes: true }] as const) {
      const target = await remote(1, quirk as Partial<FakeOptions>);
      assert.deepEqual(target.hidden, {});
      await assert.rejects(run(target, { vocabulary: 40, seed: 1 }, [0]), /reads post-norm hidden states, which/);
    }
  });

  test("of another request end the answer with an error, instead of judging with them", async () => {
    const target = await remote(1, { mixedFrom: 9 });
    await assert.rejects(run(target, { vocabulary: 40, seed: 1 }, [0]), /without the hidden states of the \d+ tokens/);
  });
});
