import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import OpenAI, { APIError, BadRequestError, InternalServerError, NotFoundError } from "openai";
import { createServer } from "../src/index.ts";
import { describedFetch } from "./described-fetch.ts";
import { delayed, queueOf, type Reply, sayingModel, served, until } from "./doubles.ts";

describe("the official openai client, over a socket", async () => {
  const slow = delayed(sayingModel("x".repeat(3000)), () => new Promise((resolve) => setTimeout(resolve, 2)));
  const mortal = delayed(sayingModel("a long enough answer"), async (held) => {
    if (held > 28) throw new Error("out of order");
  });
  const models = [
    served(sayingModel("It is 5."), sayingModel("It is 6.")),
    served(slow, slow, { id: "slow" }),
    served(mortal, mortal, { id: "mortal" }),
  ];
  const app = createServer({ models, apiKeys: ["key"], onFailure: () => {} });
  const listener = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
  const url = `http://127.0.0.1:${listener.port}`;
  const api = await describedFetch(url);
  const given = { baseURL: `${url}/v1`, fetch: api.fetch as typeof fetch, maxRetries: 0 };
  const client = new OpenAI({ ...given, apiKey: "key" });
  after(() => listener.stop(true));

  const messages = [{ role: "user" as const, content: "How much is 2 + 3?" }];

  test("asks, with the policy in the body", async () => {
    const policy = { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.4, max_confidence: 0.9 }] };
    const body = { model: "double", messages, speculative: { policy, draft_tokens: 4 } };
    const answer = await client.chat.completions.create(body);
    assert.equal(answer.choices[0]?.message.content, "It is 5.");
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    assert.deepEqual((answer as unknown as Reply).metrics?.acceptance.policy, policy);
    assert.match(answer._request_id ?? "", /./);
  });

  test("asks with fields that change nothing, and those that ask for what happens anyway", async () => {
    const { data, response } = await client.chat.completions
      .create({
        model: "double",
        messages: [...messages, { role: "assistant", content: null, refusal: "No." }, ...messages],
        user: "me",
        metadata: { run: "1" },
        service_tier: "auto",
        prompt_cache_key: "key",
        safety_identifier: "id",
        store: false,
        n: 1,
        parallel_tool_calls: true,
        reasoning_effort: "none",
        verbosity: "medium",
        response_format: { type: "text" },
        top_p: 0,
        seed: 2 ** 63,
      })
      .withResponse();
    assert.equal(data.choices[0]?.message.content, "It is 5.");
    assert.equal(
      response.headers.get("x-lenity-ignored-fields"),
      "user, metadata, service_tier, prompt_cache_key, safety_identifier",
    );
    await assert.rejects(client.chat.completions.create({ model: "double", messages, store: true }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.deepEqual([error.param, error.code], ["store", "unsupported_parameter"]);
      return true;
    });
  });

  test("streams, with the usage last", async () => {
    const stream = await client.chat.completions.create({
      model: "double",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let last: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      last = chunk;
    }
    assert.equal(text, "It is 5.");
    assert.equal((last as Reply).usage?.completion_tokens, 9);
    assert.equal((last as Reply).metrics?.acceptance.law, "exact");
  });

  test("gathers a stream with its own helper", async () => {
    const answer = await client.chat.completions.stream({ model: "double", messages }).finalChatCompletion();
    assert.equal(answer.choices[0]?.message.content, "It is 5.");
    assert.equal(answer.choices[0]?.message.role, "assistant");
  });

  test("lists models and finds one", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ["double", "slow", "mortal"]);
    assert.equal((await client.models.retrieve("slow")).id, "slow");
  });

  test("throws its own errors, with the field at fault", async () => {
    const misspelt = { model: "double", messages, speculative: { policy: { type: "kl", treshold: 1 } } };
    await assert.rejects(client.chat.completions.create(misspelt), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.equal(error.param, "speculative.policy");
      assert.equal(error.code, "invalid_policy");
      return true;
    });
    await assert.rejects(client.chat.completions.create({ model: "other", messages }), NotFoundError);
    await assert.rejects(client.chat.completions.create({ model: "mortal", messages }), InternalServerError);
    await assert.rejects(new OpenAI({ ...given, apiKey: "no" }).models.list(), /401/);
  });

  test("throws amid a stream when the model dies", async () => {
    const body = { model: "mortal", messages, stream: true as const, speculative: { draft_tokens: 0 } };
    let text = "";
    await assert.rejects(async () => {
      for await (const chunk of await client.chat.completions.create(body))
        text += chunk.choices[0]?.delta.content ?? "";
    }, APIError);
    assert.equal(text, "a long e");
  });

  test("frees the place when it stops reading, or gives up waiting", async () => {
    const body = { model: "slow", messages, max_tokens: 3000, speculative: { draft_tokens: 0 } };
    const stream = await client.chat.completions.create({ ...body, stream: true });
    for await (const _ of stream) break;
    await until(async () => (await queueOf(app)).active === 0);
    const gone = new AbortController();
    const whole = client.chat.completions.create(body, { signal: gone.signal });
    await until(async () => (await queueOf(app)).active === 1);
    gone.abort();
    await assert.rejects(whole);
    await until(async () => (await queueOf(app)).active === 0);
  });
  test("gets only answers and chunks that /openapi.json describes", () => {
    assert.deepEqual(api.differences, []);
    assert.ok(api.exchanges.filter(({ bodies }) => bodies.length > 0).length >= 12);
  });
});
