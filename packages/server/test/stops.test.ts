/** Stop strings, limits and usage, for several choices with log probabilities, under every policy. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { chunks, joined, post, question, randomPair, reply, sayingModel, served, textOf } from "./doubles.ts";

const text = "one two three four five";
const app = createServer({ models: [served(sayingModel(text), sayingModel("one two tree four five"))] });
const policies = [
  ...["strict", "block", "judi"],
  { type: "unguarded", of: { type: "threshold", accept: 0.5 } },
  { type: "or", any: [{ type: "sd" }, { type: "exact" }] },
];

describe("a stop string over block borders", () => {
  for (const policy of policies) {
    test(`ends each choice before it, streamed or not: ${JSON.stringify(policy)}`, async () => {
      for (const draft_tokens of [0, 1, 2, 3, 7, 16]) {
        for (const logprobs of [false, true]) {
          const body = {
            n: 2,
            temperature: 0,
            logprobs,
            stop: ["never", "e fo"],
            speculative: { policy, draft_tokens },
          };
          const whole = await reply(app, body);
          const { all, done } = await chunks(
            await post(app, { ...body, stream: true, stream_options: { include_usage: true } }),
          );
          assert.ok(done);
          for (const [index, choice] of whole.choices.entries()) {
            assert.deepEqual([choice.message?.content, choice.finish_reason], ["one two thre", "stop"]);
            assert.equal(joined(all, index), "one two thre");
          }
          assert.deepEqual(all.at(-1)?.usage, whole.usage);
          // The model has said the stop string, though nobody sees it.
          assert.equal(whole.usage?.completion_tokens, 2 * "one two three fo".length);
        }
      }
    });
  }

  test("of a model that wanders is where plain decoding has it", async () => {
    const { target, draft } = randomPair(3);
    const random = createServer({ models: [served(target, draft)] });
    for (const stop of [["e"], ["a", "0"], ["\u0000", "z", "Q", "~"]]) {
      const body = { temperature: 0, stop, max_tokens: 60 };
      const plain = textOf(await reply(random, { ...body, speculative: { draft_tokens: 0 } }));
      for (const draft_tokens of [1, 4, 16])
        assert.equal(textOf(await reply(random, { ...body, speculative: { draft_tokens } })), plain);
    }
  });
});

test("max_completion_tokens limits each choice, and wins over max_tokens", async () => {
  const body = { n: 3, logprobs: true, temperature: 0, max_tokens: 9, max_completion_tokens: 5 };
  const { choices, usage } = await reply(app, body);
  for (const { message, finish_reason, logprobs } of choices) {
    assert.deepEqual([message?.content, finish_reason], ["one t", "length"]);
    assert.equal(logprobs?.content.length, 5);
  }
  assert.equal(usage?.completion_tokens, 15);
  const one = await reply(app, { max_completion_tokens: 1, messages: question });
  assert.equal(one.usage?.completion_tokens, 1);
});

test("a stream without stream_options has no usage, and its metrics on the last chunk", async () => {
  for (const stream_options of [undefined, null, {}, { include_usage: false }, { include_usage: null }]) {
    const { all } = await chunks(await post(app, { stream: true, stream_options, temperature: 0 }));
    assert.ok(all.every((chunk) => !("usage" in chunk)));
    assert.ok(all.every(({ metrics }, at) => (metrics !== undefined) === (at === all.length - 1)));
  }
});
