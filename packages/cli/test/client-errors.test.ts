/** What the clients make of refusals, of a busy server, and of an answer that breaks off, over a socket. */
import assert from "node:assert/strict";
import { after, afterEach, describe, test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { createServer } from "@lenity/server";
import { APICallError, generateText, streamText } from "ai";
import OpenAI, { APIError } from "openai";
import { listen } from "#listen";
import { describedFetch } from "../../server/test/described-fetch.ts";
import { delayed, queueOf, sayingModel, served, until } from "../../server/test/doubles.ts";

/** Opens when the answers of the model "held" may go on. */
let gate = Promise.withResolvers<void>();
const held = delayed(sayingModel("x".repeat(2000)), async (length, signal) => {
  const left = new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
  if (length > 60) await Promise.race([gate.promise, left]);
});
const mortal = delayed(sayingModel("a long enough answer"), async (length) => {
  if (length > 28) throw new Error("out of order");
});
const models = [
  served(sayingModel("It is 5.")),
  served(held, held, { id: "held" }),
  served(mortal, mortal, { id: "mortal" }),
];
const app = createServer({ models, apiKeys: ["key"], concurrency: 1, maxQueue: 0, onFailure: () => {} });
const server = await listen(app.fetch, { host: "127.0.0.1", port: 0 });
/** What happens when a request is refused because the server is busy. */
let onBusy = async () => {};
const api = await describedFetch(server.url, async (...given) => {
  const response = await fetch(...given);
  if (response.status === 429) await onBusy();
  return response;
});
afterEach(() => {
  gate.resolve();
  gate = Promise.withResolvers();
});
after(async () => {
  const stopped = server.stop();
  await server.close();
  await stopped;
});

interface Asked {
  readonly model: string;
  readonly key?: string;
  readonly retries?: number;
  readonly signal?: AbortSignal;
  readonly body?: Record<string, unknown>;
}
interface Client {
  ask(asked: Asked): Promise<string>;
  /** The parts of the text; throws if the answer breaks off. */
  stream(asked: Asked): AsyncIterable<string>;
  /** The status of an error, and the error in its body. */
  read(error: unknown): readonly [status: number | undefined, param: unknown, code: unknown];
}

const content = "How much is 2 + 3?";
const baseURL = `${server.url}/v1`;
const given = { baseURL, fetch: api.fetch as typeof fetch };
const plainly = { speculative: { draft_tokens: 0 } };

const openai = ({ key = "key", retries = 0 }: Asked) => new OpenAI({ ...given, apiKey: key, maxRetries: retries });
const chatOf = ({ model, body = plainly }: Asked) => ({
  model,
  messages: [{ role: "user" as const, content }],
  ...body,
});
const aiSdk = ({ model, key = "key", retries = 0, signal, body = plainly }: Asked) => ({
  model: createOpenAICompatible({ name: "lenity", ...given, apiKey: key })(model),
  prompt: content,
  maxRetries: retries,
  providerOptions: { lenity: body as never },
  ...(signal && { abortSignal: signal }),
});
const langChain = ({ model, key = "key", retries = 0, body = plainly }: Asked) =>
  new ChatOpenAI({ model, apiKey: key, maxRetries: retries, configuration: given, modelKwargs: body });

const ending = ({ signal }: Asked) => (signal === undefined ? {} : { signal });

const clients: Readonly<Record<string, Client>> = {
  "the openai client": {
    async ask(asked) {
      const { choices } = await openai(asked).chat.completions.create(chatOf(asked), { signal: asked.signal });
      return choices[0]?.message.content ?? "";
    },
    async *stream(asked) {
      const body = { ...chatOf(asked), stream: true as const };
      for await (const { choices } of await openai(asked).chat.completions.create(body, { signal: asked.signal }))
        yield choices[0]?.delta.content ?? "";
    },
    read: (error) => (error instanceof APIError ? [error.status, error.param, error.code] : [undefined, error, ""]),
  },
  "the AI SDK": {
    ask: async (asked) => (await generateText(aiSdk(asked))).text,
    async *stream(asked) {
      for await (const part of streamText({ ...aiSdk(asked), onError: () => {} }).fullStream) {
        if (part.type === "error") throw part.error;
        if (part.type === "text-delta") yield part.text;
      }
    },
    read(error) {
      if (!APICallError.isInstance(error)) return [undefined, error, ""];
      const { param, code } = (error.data as { error: { param: unknown; code: unknown } }).error;
      return [error.statusCode, param, code];
    },
  },
  LangChain: {
    ask: async (asked) => (await langChain(asked).invoke(content, ending(asked))).text,
    async *stream(asked) {
      for await (const chunk of await langChain(asked).stream(content, ending(asked))) yield chunk.text;
    },
    read: (error) => {
      const { status, param, code } = error as { status?: number; param?: unknown; code?: unknown };
      return [status, param, code];
    },
  },
};

for (const [name, { ask, stream, read }] of Object.entries(clients)) {
  describe(name, () => {
    const refusal = (asked: Asked) => ask(asked).then(assert.fail, read);

    test("tells the status, the field and the code of a refusal", async () => {
      assert.equal(await ask({ model: "double" }), "It is 5.");
      const policy = { type: "kl", treshold: 1 };
      const misspelt = { model: "double", body: { speculative: { policy } } };
      assert.deepEqual(await refusal(misspelt), [400, "speculative.policy", "invalid_policy"]);
      const hot = { model: "double", body: { temperature: 101 } };
      assert.deepEqual(await refusal(hot), [400, "temperature", "invalid_value"]);
      assert.deepEqual(await refusal({ model: "other" }), [404, "model", "model_not_found"]);
      assert.deepEqual(await refusal({ model: "double", key: "no" }), [401, null, "invalid_api_key"]);
    });

    test("sends the request again when the server is no longer busy, after the time that it names", async () => {
      const holding = clients["the openai client"]?.ask({ model: "held" });
      await until(async () => (await queueOf(app)).active === 1);
      assert.deepEqual(await refusal({ model: "double" }), [429, null, "queue_full"]);
      onBusy = async () => {
        gate.resolve();
        await holding;
        await until(async () => (await queueOf(app)).active === 0);
      };
      const before = api.exchanges.length;
      assert.equal(await ask({ model: "double", retries: 1 }), "It is 5.");
      onBusy = async () => {};
      const statuses = api.exchanges.slice(before).map(({ status }) => status);
      assert.deepEqual(statuses.sort(), [200, 200, 429]);
    });

    test("frees the place when it gives up in the middle of a stream, or before the answer", async () => {
      const leave = new AbortController();
      const read = async () => {
        for await (const text of stream({ model: "held", signal: leave.signal })) if (text !== "") leave.abort();
      };
      await read().catch(() => {});
      assert.ok(leave.signal.aborted);
      await until(async () => (await queueOf(app)).active === 0);
      const gone = new AbortController();
      const whole = ask({ model: "held", signal: gone.signal });
      await until(async () => (await queueOf(app)).active === 1);
      gone.abort();
      await assert.rejects(whole);
      await until(async () => (await queueOf(app)).active === 0);
      assert.equal(await ask({ model: "double" }), "It is 5.");
    });

    test("has the text so far, and an error, when an answer breaks off", async () => {
      let text = "";
      await assert.rejects(async () => {
        for await (const part of stream({ model: "mortal" })) text += part;
      });
      assert.equal(text, "a long e");
      await until(async () => (await queueOf(app)).active === 0);
    });
  });
}

test("all that was sent and answered, chunk by chunk, is as /openapi.json says", () => {
  assert.deepEqual(api.differences, []);
  assert.ok(api.exchanges.filter(({ bodies }) => bodies.length > 0).length >= 24);
});
