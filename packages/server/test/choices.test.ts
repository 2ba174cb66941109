/** Several choices of one request: `n`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { choiceSeed } from "../src/request/seed.ts";
import { chunks, delayed, joined, post, queueOf, randomPair, reply, sayingModel, served, until } from "./doubles.ts";

const { target, draft } = randomPair();
const app = createServer({ models: [served(target, draft)] });
const texts = ({ choices }: Awaited<ReturnType<typeof reply>>) => choices.map(({ message }) => message?.content);

describe("several choices", () => {
  test("are the answers to the same request with each choice's seed, the first with its own", async () => {
    for (const policy of ["strict", "judi"]) {
      const body = { max_tokens: 20, speculative: { policy, draft_tokens: 4 } };
      const answer = await reply(app, { ...body, n: 3, seed: 5 });
      assert.deepEqual(
        answer.choices.map(({ index }) => index),
        [0, 1, 2],
      );
      for (const [index, text] of texts(answer).entries()) {
        assert.deepEqual(texts(await reply(app, { ...body, seed: choiceSeed(5, index) })), [text]);
      }
      assert.equal(new Set(texts(answer)).size, 3);
    }
    assert.equal(choiceSeed(5, 0), 5);
    for (const seed of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const seeds = Array.from({ length: 128 }, (_, index) => choiceSeed(seed, index));
      assert.ok(seeds.every(Number.isSafeInteger) && new Set(seeds).size === 128);
    }
  });

  test("are the same with drafts of any length and without under coupled, each with its own text", async () => {
    const policy = { type: "coupled" };
    const body = { n: 4, seed: 11, max_tokens: 30, temperature: 1, top_p: 0.9 };
    const plain = texts(await reply(app, { ...body, speculative: { policy, draft_tokens: 0 } }));
    assert.equal(new Set(plain).size, 4);
    for (const draft_tokens of [1, 5, 12])
      assert.deepEqual(texts(await reply(app, { ...body, speculative: { policy, draft_tokens } })), plain);
    const strict = [0, 5].map(async (draft_tokens) =>
      texts(await reply(app, { ...body, speculative: { draft_tokens } })),
    );
    assert.notDeepEqual(await strict[0], await strict[1]);
  });

  test("count the prompt once and all their tokens, and each has its own metrics and trace", async () => {
    const one = await reply(app, { seed: 1, speculative: { trace: true } });
    assert.ok(one.metrics !== undefined && one.choices[0]?.metrics === undefined);
    const answer = await reply(app, { n: 2, seed: 1, speculative: { trace: true } });
    assert.deepEqual([answer.metrics, answer.trace], [undefined, undefined]);
    assert.equal(answer.usage?.prompt_tokens, one.usage?.prompt_tokens);
    const counts = answer.choices.map(({ trace }) => trace?.length ?? 0);
    assert.equal(answer.usage?.completion_tokens, (counts[0] ?? 0) + (counts[1] ?? 0));
    assert.deepEqual(answer.choices[0]?.metrics, one.metrics);
    assert.ok((answer.choices[1]?.metrics?.speculative_decoding.num_spec_steps ?? 0) > 0);
  });

  test("stream with their index, each with its own finish, and the usage once at the end", async () => {
    const body = { n: 3, seed: 2, stop: "e", max_tokens: 30 };
    const whole = await reply(app, body);
    for (const include_usage of [false, true]) {
      const response = await post(app, { ...body, stream: true, stream_options: { include_usage } });
      const { all, done } = await chunks(response);
      assert.ok(done);
      for (const [index, text] of texts(whole).entries()) assert.equal(joined(all, index), text);
      const ends = all.flatMap(({ choices }) => choices).filter(({ finish_reason }) => finish_reason !== null);
      assert.deepEqual(
        ends.map(({ index, finish_reason, metrics }) => [index, finish_reason, metrics]),
        whole.choices.map(({ index, finish_reason, metrics }) => [index, finish_reason, metrics]),
      );
      const usages = all.filter(({ usage }) => usage != null);
      assert.deepEqual(
        usages.map(({ usage }) => usage),
        include_usage ? [whole.usage] : [],
      );
      assert.ok(all.every(({ choices }) => choices.length <= 1));
    }
  });

  test("wait for their turns like other requests, and are never refused in the middle", async () => {
    const slow = delayed(sayingModel("abcdefgh"), () => new Promise((resolve) => setTimeout(resolve, 1)));
    const busy = createServer({ models: [served(slow)], concurrency: 1, maxQueue: 1 });
    const order: string[] = [];
    const body = { temperature: 0, speculative: { draft_tokens: 0 } };
    const many = post(busy, { ...body, n: 3 }).then(async (response) => {
      order.push("many");
      return response;
    });
    await until(async () => (await queueOf(busy)).active === 1);
    const single = post(busy, body).then((response) => {
      order.push("single");
      return response;
    });
    await until(async () => (await queueOf(busy)).waiting === 1);
    assert.equal((await post(busy, body)).status, 429);
    assert.deepEqual([(await many).status, (await single).status], [200, 200]);
    assert.deepEqual(order, ["single", "many"]);
    assert.deepEqual(await queueOf(busy), { active: 0, waiting: 0 });
  });

  test("of a client that leaves are all given up", async () => {
    const slow = delayed(sayingModel("a".repeat(200)), () => new Promise((resolve) => setTimeout(resolve, 1)));
    const busy = createServer({ models: [served(slow)] });
    const gone = new AbortController();
    const answer = post(busy, { n: 100, max_tokens: 200 }, { signal: gone.signal });
    await until(async () => (await queueOf(busy)).active === 1);
    gone.abort();
    assert.equal((await answer).status, 499);
    assert.deepEqual(await queueOf(busy), { active: 0, waiting: 0 });
  });

  test("are from 1 to 128", async () => {
    for (const n of [0, -1, 129, 1.5, "2", []]) assert.equal((await post(app, { n })).status, 400, String(n));
    assert.equal((await reply(app, { n: 128, max_tokens: 1 })).choices.length, 128);
  });
});
