import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError, promptLogprobs, topLogprobs } from "../src/index.ts";
import { randomModel, tableModel } from "../src/testing/index.ts";

describe("log probabilities of a row", () => {
  const row = Float32Array.of(1, Number.NEGATIVE_INFINITY, 3, 1, 3);
  const sum = Math.log(2 * Math.exp(1) + 2 * Math.exp(3));

  test("list the most probable tokens, the lowest id first among equals, and none that is ruled out", () => {
    const { top, rank, logprob } = topLogprobs(5)(row, 3);
    assert.deepEqual(
      top.map(({ token }) => token),
      [2, 4, 0, 3],
    );
    for (const { token, logprob } of top) assert.ok(Math.abs(logprob - ((row[token] ?? 0) - sum)) < 1e-12);
    assert.deepEqual([rank, logprob], [3, top[3]?.logprob]);
    assert.deepEqual(
      topLogprobs(2)(row, 0).top.map(({ token }) => token),
      [2, 4],
    );
    assert.deepEqual(topLogprobs(0)(row, 0).top, []);
  });

  test("are exact for logits whose exponentials overflow", () => {
    const { logprob } = topLogprobs(0)(Float32Array.of(1000, 999), 1);
    assert.ok(Math.abs(logprob - (-1 - Math.log(1 + Math.exp(-1)))) < 1e-9);
  });
});

describe("log probabilities of a prompt", () => {
  const shape = { seed: 3, vocabulary: 20_000, eos: [1], scale: 4 };

  test("do not depend on how many positions fit into one pass", async () => {
    const target = randomModel(shape);
    const passes: number[] = [];
    const watched: typeof target = {
      ...target,
      async open(options) {
        const session = await target.open(options);
        return {
          ...session,
          rewind: (length) => session.rewind(length),
          append(tokens, how) {
            passes.push(tokens.length);
            return session.append(tokens, how);
          },
          close: () => session.close(),
        };
      },
    };
    const prompt = Array.from({ length: 230 }, (_, at) => at % 50);
    const all = await promptLogprobs(prompt, { target: watched, top: 1 });
    assert.deepEqual([all.length, all[0]], [230, undefined]);
    assert.deepEqual(passes, [209, 20]);
    for (const at of [1, 208, 209, 210, 229]) {
      const session = await target.open();
      const { logits } = await session.append(prompt.slice(0, at), { rows: 1 });
      assert.deepEqual(all[at], topLogprobs(1)(logits, prompt[at] ?? 0));
      await session.close();
    }
    assert.equal(target.openSessions, 0);
  });

  test("are refused for a prompt or a model that has none", async () => {
    const target = tableModel({ vocabulary: 4, eos: [0], logits: () => new Float32Array(4) });
    const fails = (code: string) => (error: unknown) => error instanceof LenityError && error.code === code;
    await assert.rejects(promptLogprobs([], { target }), fails("invalid_request"));
    await assert.rejects(promptLogprobs([9], { target }), fails("invalid_request"));
    await assert.rejects(promptLogprobs([1], { target: { ...target, lastOnly: true } }), fails("unsupported"));
    assert.deepEqual(await promptLogprobs([1], { target }), [undefined]);
  });
});
