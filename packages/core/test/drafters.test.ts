import assert from "node:assert/strict";
import { test } from "node:test";
import { forcedDrafter, lookupDrafter, modelDrafter, processedRow, sampling, seeded, type Token } from "@lenity/core";
import { randomModel } from "@lenity/core/testing";

const coins = (limit: number, seed: number) => {
  const random = seeded(seed);
  return Array.from({ length: limit }, random);
};

test("prompt lookup proposes what followed the latest place where the context's ending stood", async () => {
  const propose = async (context: readonly Token[], limit: number) =>
    (await lookupDrafter().propose({ context, limit, sampling: sampling(), uniform: coins(limit, 1) })).tokens;
  assert.deepEqual(await propose([1, 2, 3, 9, 1, 2, 3], 2), [9, 1]);
  assert.deepEqual(await propose([5, 6, 5, 7, 5], 3), [7, 5]);
  assert.deepEqual(await propose([1, 2, 3], 4), []);
  assert.deepEqual(await propose([1], 4), []);
});

test("a model drafter follows the committed tokens, whatever was refused or replaced", async () => {
  const model = randomModel({ vocabulary: 9, seed: 3 });
  const drafter = modelDrafter(model);
  const random = seeded(8);
  let context: Token[] = [1, 2];
  for (let round = 0; round < 30; round++) {
    const settings = sampling({ temperature: round % 2 });
    const request = { context, limit: 1 + Math.floor(random() * 5), sampling: settings, uniform: coins(5, round) };
    const draft = await drafter.propose(request);
    const fresh = modelDrafter(model);
    const expected = await fresh.propose(request);
    assert.deepEqual(draft.tokens, expected.tokens);
    for (let at = 0; at < draft.tokens.length; at++) {
      assert.deepEqual(draft.evidence?.row(at), processedRow(expected.evidence?.logits(at) as Float32Array, settings));
    }
    await fresh.close();
    context =
      random() < 0.2
        ? [3, ...context.slice(0, 4)]
        : [...context, ...draft.tokens.slice(0, Math.floor(random() * 4)), Math.floor(random() * 9)];
  }
  await drafter.close();
  assert.equal(model.openSessions, 0);
});

test("a model drafter stops after EOS and at the end of its context", async () => {
  const eos = modelDrafter(randomModel({ vocabulary: 2, seed: 3, eos: [0, 1] }));
  assert.equal(
    (await eos.propose({ context: [0], limit: 5, sampling: sampling(), uniform: coins(5, 1) })).tokens.length,
    1,
  );
  const small = modelDrafter(randomModel({ vocabulary: 2, seed: 3, contextLength: 6 }));
  assert.equal(
    (await small.propose({ context: [0, 0, 0, 0], limit: 5, sampling: sampling(), uniform: coins(5, 1) })).tokens
      .length,
    2,
  );
  const full = await small.propose({
    context: [0, 0, 0, 0, 0, 0],
    limit: 5,
    sampling: sampling(),
    uniform: coins(5, 1),
  });
  assert.deepEqual(full.tokens, []);
});

test("a model drafter ends a draft where its request leaves no token, and follows the context afterwards", async () => {
  const state = (context: readonly Token[]) => [context.length, context.at(-1) ?? 0];
  const model = randomModel({ vocabulary: 9, seed: 3, hidden: { kind: "pre-norm", width: 2, state } });
  const shaping = {
    vocabulary: 9,
    shape: (_: Float32Array, drafted: readonly Token[]) => drafted.length < 2,
    forced: () => [],
  };
  const drafter = modelDrafter(model);
  for (const hidden of [undefined, "pre-norm"] as const) {
    for (const context of [[1, 2], [1, 2, 3], [1, 2, 3, 4, 5], [1]]) {
      const request = { context, limit: 5, sampling: sampling({ temperature: 1 }), uniform: coins(5, 1), hidden };
      const draft = await drafter.propose({ ...request, shaping });
      assert.equal(draft.tokens.length, 2);
      if (hidden !== undefined) {
        const states = draft.tokens.map((_, at) => [...(draft.hidden?.at(at) ?? [])]);
        assert.deepEqual(
          states,
          draft.tokens.map((token, at) => [context.length + at + 1, token]),
        );
      }
      const fresh = modelDrafter(model);
      const whole = await fresh.propose(request);
      assert.deepEqual(whole.tokens.slice(0, 2), draft.tokens);
      assert.deepEqual(draft.evidence?.logits(1), whole.evidence?.logits(1));
      await fresh.close();
    }
  }
  await drafter.close();
});

test("forced text is left to a draft model whose hidden states are asked for", async () => {
  const state = () => [1];
  const model = randomModel({ vocabulary: 9, seed: 3, hidden: { kind: "pre-norm", width: 1, state } });
  const shaping = { vocabulary: 9, shape: () => true, forced: () => [4, 5] };
  const request = { context: [1, 2], limit: 3, sampling: sampling(), uniform: coins(3, 1), shaping };
  const drafter = forcedDrafter(modelDrafter(model));
  assert.deepEqual(drafter.hidden, { "pre-norm": 1 });
  assert.deepEqual((await drafter.propose(request)).tokens.slice(0, 2), [4, 5]);
  const draft = await drafter.propose({ ...request, hidden: "pre-norm" });
  assert.deepEqual(draft.tokens, (await modelDrafter(model).propose({ ...request, hidden: "pre-norm" })).tokens);
  assert.equal(draft.hidden?.width, 1);
  await drafter.close();
});
