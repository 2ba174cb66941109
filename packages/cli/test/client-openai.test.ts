/** The official client, as its users set it up, against `lenity serve`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { type Measured, policies, question, servedPair } from "./clients.ts";

const pair = await servedPair();
const client = new OpenAI({ baseURL: pair.baseURL, apiKey: "none", fetch: pair.fetch });
const messages = [{ role: "user" as const, content: question }];
const schema = z.object({ name: z.enum(["Anna", "Ben"]), apples: z.int().min(0).max(99) });

for (const [policy, law] of policies) {
  const asked = { model: "tiny", messages, speculative: { policy } };

  describe(`the openai client, with the policy ${policy}`, () => {
    test("a chat has the text, the usage, and lenity's figures", async () => {
      const { choices, usage } = await pair.plain(policy);
      const answer = await client.chat.completions.create(asked);
      assert.deepEqual(answer.choices[0]?.message.content, choices[0]?.message.content);
      assert.equal(answer.usage?.completion_tokens, usage.completion_tokens);
      assert.equal((answer as Measured).metrics?.acceptance.law, law);
    });

    test("a stream has the same in chunks, and the helper gathers them", async () => {
      const expected = (await pair.plain(policy)).choices[0]?.message.content;
      const body = { ...asked, stream: true as const, stream_options: { include_usage: true } };
      const chunks = await Array.fromAsync(await client.chat.completions.create(body));
      assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), expected);
      assert.equal((chunks.at(-1) as Measured).metrics?.acceptance.law, law);
      assert.equal(await client.chat.completions.stream(asked).finalContent(), expected);
    });

    test("parse has an object of the form of its schema, whole and from a stream", async () => {
      const body = { ...asked, response_format: zodResponseFormat(schema, "rest") };
      const { choices } = await client.chat.completions.parse(body);
      const sent = pair.last().sent as object;
      const plain = await pair.post("/v1/chat/completions", { ...sent, speculative: { policy } });
      const expected = schema.parse(JSON.parse(plain.choices[0]?.message.content ?? ""));
      assert.deepEqual(choices[0]?.message.parsed, expected);
      const streamed = await client.chat.completions.stream(body).finalChatCompletion();
      assert.deepEqual(streamed.choices[0]?.message.parsed, expected);
    });

    test("seeds, several choices and log probabilities arrive, streamed too", async () => {
      const settings = { temperature: 1, seed: 3, n: 2, max_tokens: 12, logprobs: true, top_logprobs: 2 };
      const { choices } = await pair.plain(policy, settings);
      const expected = choices.map(({ message }) => message.content);
      const whole = await client.chat.completions.create({ ...asked, ...settings });
      assert.deepEqual(
        whole.choices.map(({ message }) => message.content),
        expected,
      );
      const streamed = await client.chat.completions.stream({ ...asked, ...settings }).finalChatCompletion();
      for (const [at, { message, logprobs }] of streamed.choices.entries()) {
        assert.equal(message.content, expected[at]);
        assert.deepEqual(logprobs, whole.choices[at]?.logprobs);
        assert.equal(logprobs?.content?.map(({ token }) => token).join(""), expected[at]);
      }
      assert.notEqual(expected[0], expected[1]);
    });

    test("completions of texts and of token ids are the same", async () => {
      const fields = {
        model: "tiny",
        max_tokens: 8,
        temperature: 0,
        echo: true,
        logprobs: 1,
        speculative: { policy, draft_tokens: 8 },
      };
      const prompts = ["The cat", "Anna has 3 boxes"];
      const tokensOf = (prompt: string) => client.post<{ tokens: number[] }>("/tokenize", { body: { prompt } });
      const ids = await Promise.all(prompts.map(tokensOf));
      const texts = await client.completions.create({ ...fields, prompt: prompts });
      const byIds = await client.completions.create({ ...fields, prompt: ids.map(({ tokens }) => tokens) });
      assert.deepEqual(byIds.choices, texts.choices);
      for (const [at, prompt] of prompts.entries()) assert.ok(texts.choices[at]?.text.startsWith(prompt));
      const chunks = await Array.fromAsync(
        await client.completions.create({ ...fields, prompt: prompts, stream: true }),
      );
      for (const [at, { text }] of texts.choices.entries()) {
        const parts = chunks.flatMap(({ choices }) => choices.filter(({ index }) => index === at));
        assert.equal(parts.map(({ text }) => text).join(""), text);
      }
    });
  });
}

test("the openai client lists the models", async () => {
  const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
  assert.deepEqual(ids, ["tiny"]);
  const { id, max_model_len } = (await client.models.retrieve("tiny")) as OpenAI.Model & { max_model_len: number };
  assert.deepEqual([id, max_model_len], ["tiny", 512]);
});

pair.testDescribed(34);
