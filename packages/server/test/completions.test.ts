/** `/v1/completions`, `/tokenize` and `/detokenize`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Hono } from "hono";
import OpenAI from "openai";
import { createServer, type TextCompletion, type TextLogprobs } from "../src/index.ts";
import { choiceSeed } from "../src/request/seed.ts";
import { isDescribed } from "./described.ts";
import { bytes, control, logRow, queueOf, randomPair, reply, sayingModel, served, textOf } from "./doubles.ts";

const { target, draft } = randomPair();
const app = createServer({ models: [served(target, draft)] });
const saying = createServer({ models: [served(sayingModel("one two three"))] });
const assistant = control("assistant");

type Failure = { readonly error: { readonly message: string; readonly param: string | null; readonly code: string } };

const send = (to: Hono, path: string, body: object): Promise<Response> =>
  Promise.resolve(
    to.request(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  );
async function complete(to: Hono, body: object): Promise<TextCompletion> {
  const response = await send(to, "/v1/completions", body);
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  isDescribed("CompletionRequest", body);
  isDescribed("Completion", answer);
  return answer as TextCompletion;
}
async function stream(to: Hono, body: object): Promise<TextCompletion[]> {
  const text = await (await send(to, "/v1/completions", { stream: true, ...body })).text();
  const data = text.split("\n\n").map((line) => line.replace(/^data: /, ""));
  assert.deepEqual(data.slice(-2), ["[DONE]", ""]);
  const chunks = data.slice(0, -2).map((line) => JSON.parse(line) as TextCompletion);
  for (const chunk of chunks) isDescribed("Completion", chunk);
  return chunks;
}
async function failure(to: Hono, path: string, body: object): Promise<Failure["error"] & { readonly status: number }> {
  const response = await send(to, path, body);
  const failed = (await response.json()) as Failure;
  isDescribed("Error", failed);
  return { status: response.status, ...failed.error };
}
const gathered = (chunks: readonly TextCompletion[], index = 0): string =>
  chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index).map(({ text }) => text)).join("");

describe("a completion", () => {
  test("has OpenAI's shape, and 16 tokens if nobody says how many", async () => {
    const { id, created, metrics, ...rest } = await complete(app, { prompt: "Hello", temperature: 0 });
    assert.match(id, /^cmpl-/);
    assert.ok(Math.abs(created - Date.now() / 1000) < 60);
    assert.ok((metrics?.speculative_decoding.num_spec_steps ?? 0) > 0);
    const [{ text } = assert.fail()] = rest.choices;
    assert.deepEqual(rest, {
      object: "text_completion",
      model: "double",
      choices: [{ index: 0, text, logprobs: null, finish_reason: "length" }],
      usage: {
        ...{ prompt_tokens: 5, completion_tokens: 16, total_tokens: 21 },
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test("of token ids is that of their text, and control tokens can be spelled", async () => {
    const body = { temperature: 0, max_tokens: 12 };
    const spelled = (await complete(app, { ...body, prompt: "<|user|>Hi<|assistant|>" })).choices;
    const ids = [control("user"), 72, 105, assistant];
    assert.deepEqual((await complete(app, { ...body, prompt: ids })).choices, spelled);
    assert.equal((await complete(saying, { ...body, prompt: [assistant] })).choices[0]?.text, "one two thre");
  });

  test("of several prompts has `n` choices for each, in order, with seeds of their own", async () => {
    const body = { prompt: ["abc", "xyz"], n: 2, seed: 5, max_tokens: 10 };
    const { choices, usage, metrics } = await complete(app, body);
    assert.equal(metrics, undefined);
    for (const [index, choice] of choices.entries()) {
      const prompt = body.prompt[Math.floor(index / 2)];
      const seed = choiceSeed(5, index);
      const alone = (await complete(app, { ...body, prompt, n: 1, seed })).choices[0];
      assert.deepEqual([choice.index, choice.text], [index, alone?.text]);
      assert.ok(choice.metrics !== undefined);
    }
    assert.equal(usage?.prompt_tokens, 6);
    const chunks = await stream(app, body);
    for (const { index, text } of choices) assert.equal(gathered(chunks, index), text);
    assert.deepEqual(
      (
        await complete(app, {
          ...body,
          prompt: [
            [97, 98, 99],
            [120, 121, 122],
          ],
        })
      ).choices,
      choices,
    );
  });

  test("is the same under strict as in plain decoding, with every field", async () => {
    for (const field of [{}, { echo: true, logprobs: 2 }, { presence_penalty: 2 }, { stop: ["e", "a"] }]) {
      const body = { prompt: [1, 2, 3], temperature: 0, max_tokens: 30, ...field };
      const plain = (await complete(app, { ...body, speculative: { draft_tokens: 0 } })).choices;
      for (const speculative of [{ policy: "strict" }, { policy: "block", draft_tokens: 3 }, { drafter: "lookup" }])
        assert.deepEqual((await complete(app, { ...body, speculative })).choices, plain);
    }
  });

  test("stops at a stop string, streams, and ends with the usage", async () => {
    const body = { prompt: [assistant], temperature: 0, stop: ["o th"], max_tokens: 40 };
    for (const draft_tokens of [0, 2, 3, 16]) {
      const whole = await complete(saying, { ...body, speculative: { draft_tokens } });
      assert.deepEqual([whole.choices[0]?.text, whole.choices[0]?.finish_reason], ["one tw", "stop"]);
      const given = { ...body, speculative: { draft_tokens }, stream_options: { include_usage: true } };
      const chunks = await stream(saying, given);
      assert.equal(gathered(chunks), "one tw");
      assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, "stop");
      assert.deepEqual([chunks.at(-1)?.choices, chunks.at(-1)?.usage], [[], whole.usage]);
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    }
  });

  test("echoes its prompt, and may be nothing but the prompt", async () => {
    const prompt = "naïve <|user|>🎉";
    const body = { prompt, echo: true, temperature: 0, max_tokens: 6 };
    const without = (await complete(app, { ...body, echo: false })).choices[0]?.text;
    assert.equal((await complete(app, body)).choices[0]?.text, `${prompt}${without}`);
    assert.equal(gathered(await stream(app, body)), `${prompt}${without}`);
    const nothing = await complete(app, { ...body, max_tokens: 0 });
    assert.deepEqual([nothing.choices[0]?.text, nothing.choices[0]?.finish_reason], [prompt, "length"]);
    assert.equal(nothing.usage?.completion_tokens, 0);
    assert.equal(
      (await complete(app, { ...body, prompt: bytes.encode(prompt) })).choices[0]?.text,
      `${prompt}${without}`,
    );
  });
});

describe("the log probabilities of a completion", () => {
  /** Fails unless they are the target's, at each of these tokens after those before. */
  async function checks({ token_logprobs, top_logprobs }: TextLogprobs, ids: readonly number[], before: number[]) {
    assert.equal(token_logprobs.length, ids.length);
    for (const [at, id] of ids.entries()) {
      const context = [...before, ...ids.slice(0, at)];
      if (context.length === 0) assert.deepEqual([token_logprobs[at], top_logprobs[at]], [null, null]);
      else {
        const row = await logRow(target, context);
        assert.ok(Math.abs((token_logprobs[at] ?? 0) - (row[id] ?? 0)) < 1e-5);
        assert.ok(Math.abs(Math.max(...Object.values(top_logprobs[at] ?? {})) - Math.max(...row)) < 1e-5);
      }
    }
  }

  test("have the legacy shape: tokens that are the text, and their places in it", async () => {
    const body = { prompt: [assistant], temperature: 0, logprobs: 2, stop: "o th", max_tokens: 40 };
    const { logprobs, text } = (await complete(saying, body)).choices[0] ?? assert.fail();
    assert.deepEqual(logprobs?.tokens, [..."one tw"]);
    assert.equal(text, "one tw");
    const offset = "<|assistant|>".length;
    assert.deepEqual(
      logprobs?.text_offset,
      [0, 1, 2, 3, 4, 5].map((at) => at + offset),
    );
    assert.ok(logprobs?.top_logprobs.every((top) => Object.keys(top ?? {}).length >= 2));
    const parts = (await stream(saying, body)).flatMap(({ choices }) => choices);
    assert.deepEqual(
      parts.flatMap(({ logprobs }) => logprobs?.text_offset ?? []),
      logprobs?.text_offset,
    );
    for (const { text, logprobs } of parts) assert.equal(text, logprobs?.tokens.join("") ?? "");
  });

  test("are the target's, of the prompt too where it is echoed, whole or streamed", async () => {
    const prompt = [...bytes.encode("abc")];
    const body = { prompt, temperature: 0, max_tokens: 10, logprobs: 1, speculative: { trace: true } };
    for (const echo of [false, true]) {
      const { choices, trace } = await complete(app, { ...body, echo });
      const answered = trace?.map(({ id }) => id).filter((id) => !bytes.special.has(id)) ?? [];
      const logprobs = choices[0]?.logprobs ?? assert.fail();
      await checks(logprobs, echo ? [...prompt, ...answered] : answered, echo ? [] : prompt);
      assert.equal(logprobs.tokens.join(""), choices[0]?.text);
      const parts = (await stream(app, { ...body, echo })).flatMap(({ choices }) => choices);
      assert.deepEqual(
        parts.flatMap(({ logprobs }) => logprobs?.token_logprobs ?? []),
        logprobs.token_logprobs,
      );
    }
  });

  test("of the prompt are those with which another process can verify its draft", async () => {
    const prompt = [...bytes.encode("draft me")];
    const body = { prompt, max_tokens: 1, prompt_logprobs: 2 };
    const { choices } = await complete(app, body);
    const all = choices[0]?.prompt_logprobs ?? assert.fail();
    assert.equal(all.length, prompt.length);
    assert.equal(all[0], null);
    for (let at = 1; at < prompt.length; at++) {
      const row = await logRow(target, prompt.slice(0, at));
      const ranked = row.map((logprob, id) => ({ id, logprob })).sort((a, b) => b.logprob - a.logprob);
      const own = prompt[at] ?? 0;
      const ids = new Set([...ranked.slice(0, 2).map(({ id }) => id), own]);
      assert.deepEqual(
        Object.keys(all[at] ?? {}).map(Number),
        [...ids].sort((a, b) => a - b),
      );
      for (const [id, { logprob, rank, decoded_token }] of Object.entries(all[at] ?? {})) {
        assert.ok(Math.abs(logprob - (row[Number(id)] ?? 0)) < 1e-5);
        assert.equal(ranked[rank - 1]?.id, Number(id));
        assert.equal(typeof decoded_token, "string");
      }
    }
  });
});

describe("log probabilities by token id", () => {
  test("list every token of the answer, also the control token that ended it", async () => {
    let ended = 0;
    for (let seed = 0; seed < 20; seed++) {
      const prompt = [...bytes.encode(`draft ${seed}`)];
      const body = { prompt, max_tokens: 60, temperature: 1, seed, logprobs: 3, return_tokens_as_token_ids: true };
      const [choice] = (await complete(app, body)).choices;
      const { tokens, token_logprobs, top_logprobs, text_offset } = choice?.logprobs ?? assert.fail();
      const ids = tokens.map((name: string) => Number(/^token_id:(\d+)$/.exec(name)?.[1]));
      for (const [at, id] of ids.entries()) {
        const row = await logRow(target, [...prompt, ...ids.slice(0, at)]);
        assert.ok(Math.abs((token_logprobs[at] ?? 0) - (row[id] ?? 0)) < 1e-5);
        const best = row.map((_, token) => token).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
        const listed = new Set([...best.slice(0, 3), id].map((token) => `token_id:${token}`));
        assert.deepEqual(new Set(Object.keys(top_logprobs[at] ?? {})), listed);
      }
      assert.equal(text_offset.length, ids.length);
      if (choice?.finish_reason !== "stop") continue;
      ended++;
      assert.ok(target.eos.includes(ids.at(-1) ?? -1));
    }
    assert.ok(ended > 0, "no answer ended");
  });
});

describe("a completion request that is refused", () => {
  const cases: readonly (readonly [body: object, param: string, message: RegExp])[] = [
    [{}, "prompt", /is missing/],
    [{ prompt: 5 }, "prompt", /5; expected a string, an array of token ids, or an array of either/],
    [{ prompt: "" }, "prompt", /an empty string; expected a text of at least one token/],
    [{ prompt: [] }, "prompt", /an empty array/],
    [{ prompt: ["a", ""] }, "prompt[1]", /an empty string/],
    [{ prompt: ["a", 5] }, "prompt[1]", /5; expected a string/],
    [{ prompt: [5, "a"] }, "prompt[1]", /"a"; expected a number/],
    [{ prompt: [1, -1] }, "prompt[1]", /-1; expected at least 0/],
    [{ prompt: [1, 262] }, "prompt[1]", /262; expected the id of a token, 0 to 261/],
    [{ prompt: [[1], [300]] }, "prompt[1][0]", /300; expected the id of a token/],
    [{ prompt: ["a", "b"], n: 65 }, "n", /at most 128 choices in all, and there are 2 prompts/],
    [{ prompt: "a", suffix: "b" }, "suffix", /suffix with the value "b" is not supported/],
    [{ prompt: "a", best_of: 2 }, "best_of", /is not supported/],
    [{ prompt: "a", messages: [] }, "messages", /Send prompt, or send the messages to/],
    [{ prompt: "a", tools: [{}] }, "tools", /not supported/],
    [{ prompt: "a", max_completion_tokens: 3 }, "max_completion_tokens", /Send max_tokens/],
    [{ prompt: "a", logprobs: true }, "logprobs", /true; expected a number/],
    [{ prompt: "a", logprobs: 21 }, "logprobs", /21; expected at most 20/],
    [{ prompt: "a", stream: true, prompt_logprobs: 1 }, "prompt_logprobs", /with stream: true/],
    [
      { prompt: "a", stream: true, return_tokens_as_token_ids: true },
      "return_tokens_as_token_ids",
      /with stream: true/,
    ],
    [{ prompt: "a", echo: true, return_tokens_as_token_ids: true }, "return_tokens_as_token_ids", /with echo: true/],
    [{ prompt: "a", stream_options: {} }, "stream_options", /without stream/],
    [{ prompt: "x".repeat(5000) }, "prompt", /has 5000 tokens; table holds/],
    [{ prompt: Array.from({ length: 5000 }, () => 1) }, "prompt", /has 5000 tokens; table holds/],
  ];
  test("gets a 400 that names the field", async () => {
    for (const [body, param, message] of cases) {
      const error = await failure(app, "/v1/completions", body);
      assert.deepEqual([error.status, error.param], [400, param], JSON.stringify(body).slice(0, 100));
      assert.match(error.message, message);
    }
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  });
});

describe("/tokenize and /detokenize", () => {
  const ask = async (path: string, body: object) => (await (await send(app, path, body)).json()) as object;

  test("go to tokens and back", async () => {
    const prompt = "naïve <|user|>🎉";
    const tokens = bytes.encode(prompt);
    const told = { count: tokens.length, max_model_len: target.contextLength, tokens, token_strs: null };
    assert.deepEqual(await ask("/tokenize", { prompt }), told);
    assert.deepEqual(await ask("/detokenize", { tokens }), { prompt });
    const strings = (await ask("/tokenize", { prompt: "aé", return_token_strs: true })) as { token_strs: string[] };
    assert.deepEqual(strings.token_strs, ["a", "bytes:\\xc3", "bytes:\\xa9"]);
    assert.deepEqual(await ask("/detokenize", { tokens: [] }), { prompt: "" });
  });

  test("count messages as a chat request does, and a completion of those tokens is its answer", async () => {
    const messages = [{ role: "user", content: "Hi <|end|>" }];
    const { tokens, count } = (await ask("/tokenize", { messages })) as { tokens: number[]; count: number };
    const chat = await reply(app, { messages, temperature: 0, max_tokens: 12 });
    assert.equal(chat.usage?.prompt_tokens, count);
    const { choices } = await complete(app, { prompt: tokens, temperature: 0, max_tokens: 12 });
    assert.equal(choices[0]?.text, textOf(chat));
  });

  test("refuse what they cannot read, and count what is too long to be answered", async () => {
    for (const [path, body, param] of [
      ["/tokenize", {}, "prompt"],
      ["/tokenize", { prompt: "a", messages: [{ role: "user", content: "b" }] }, "prompt"],
      ["/tokenize", { messages: [{ role: "user" }] }, "messages[0].content"],
      ["/detokenize", { tokens: "a" }, "tokens"],
      ["/detokenize", { tokens: [1.5] }, "tokens[0]"],
      ["/detokenize", { tokens: [9, 999] }, "tokens[1]"],
    ] as const) {
      const error = await failure(app, path, body);
      assert.deepEqual([error.status, error.param], [400, param], JSON.stringify(body));
    }
    assert.equal((await failure(app, "/tokenize", { model: "gpt-9", prompt: "a" })).status, 404);
    const { count } = (await ask("/tokenize", { prompt: "x".repeat(9000) })) as { count: number };
    assert.equal(count, 9000);
  });

  test("refuse by name what would change the tokens, and tell what they ignore", async () => {
    const llamaCpp = { content: "a", add_special: true, parse_special: false, with_pieces: true };
    for (const [path, read, fields] of [
      ["/tokenize", { prompt: "a" }, { ...llamaCpp, add_special_tokens: true, truncate_prompt_tokens: 3 }],
      ["/detokenize", { tokens: [65] }, { content: "a", skip_special_tokens: false }],
    ] as const) {
      for (const [name, value] of Object.entries(fields)) {
        const { status, param, code } = await failure(app, path, { ...read, [name]: value });
        assert.deepEqual([status, param, code], [400, name, "unsupported_parameter"]);
      }
    }
    for (const [path, odd] of [
      ["/detokenize", { tokens: [65], messages: "a", tools: [1] }],
      ["/tokenize", { prompt: "a", response_format: "json", stream_options: 5 }],
    ] as const) {
      assert.equal((await send(app, path, odd)).status, 200);
    }
    const harmless = { prompt: "a", add_special: false, parse_special: true, add_special_tokens: false, user: "me" };
    const response = await send(app, "/tokenize", harmless);
    assert.deepEqual([response.status, response.headers.get("x-lenity-ignored-fields")], [200, "user"]);
  });

  test("need a key where the server has keys", async () => {
    const locked = createServer({ models: [served(target)], apiKeys: ["key"] });
    for (const path of ["/tokenize", "/detokenize", "/v1/completions"])
      assert.equal((await failure(locked, path, { prompt: "a", tokens: [] })).status, 401);
  });
});

test("OpenAI's client gets completions, whole and streamed", async () => {
  const client = new OpenAI({
    baseURL: "http://localhost/v1",
    apiKey: "any",
    fetch: (url, init) => Promise.resolve(saying.request(String(url), init)),
  });
  const body = { model: "double", prompt: [assistant], temperature: 0, max_tokens: 20, logprobs: 1 };
  const whole = await client.completions.create(body);
  assert.equal(whole.choices[0]?.text, "one two three");
  let text = "";
  for await (const chunk of await client.completions.create({ ...body, stream: true }))
    text += chunk.choices[0]?.text ?? "";
  assert.equal(text, "one two three");
});
