/** LangChain's `ChatOpenAI` and `OpenAI`, as their users set them up, against `lenity serve`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AIMessageChunk } from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { ChatOpenAI, type ChatOpenAIFields, OpenAI } from "@langchain/openai";
import { z } from "zod";
import { type Measured, policies, question, servedPair } from "./clients.ts";

const pair = await servedPair();
const configuration = { baseURL: pair.baseURL, fetch: pair.fetch };
interface Counted {
  readonly usage_metadata?: { readonly input_tokens: number; readonly output_tokens: number };
}
/** The usage, which the types of general messages leave out. */
const countedIn = (answer: object) => (answer as Counted).usage_metadata ?? assert.fail("no usage");
const schema = z.object({ name: z.enum(["Anna", "Ben"]), apples: z.int().min(0).max(99) });

for (const [policy, law] of policies) {
  const modelKwargs = { speculative: { policy } };
  const chat = (fields: ChatOpenAIFields = {}) =>
    new ChatOpenAI({ model: "tiny", apiKey: "none", configuration, modelKwargs, ...fields });

  describe(`LangChain, with the policy ${policy}`, () => {
    test("invoke has the text, the usage, and the whole answer with lenity's figures if asked", async () => {
      const { choices, usage } = await pair.plain(policy);
      const answer = await chat({ __includeRawResponse: true }).invoke(question);
      assert.equal(answer.content, choices[0]?.message.content);
      const { input_tokens, output_tokens } = countedIn(answer);
      assert.deepEqual([input_tokens, output_tokens], [usage.prompt_tokens, usage.completion_tokens]);
      assert.equal(answer.response_metadata["finish_reason"], "stop");
      const { metrics } = answer.additional_kwargs["__raw_response"] as Measured;
      assert.equal(metrics?.acceptance.law, law);
    });

    test("stream has the same in parts, with the usage", async () => {
      const { choices, usage } = await pair.plain(policy);
      const parts: AIMessageChunk[] = await Array.fromAsync(await chat().stream(question));
      assert.ok(parts.length > 3);
      const answer = parts.reduce((before, part) => before.concat(part));
      assert.equal(answer.content, choices[0]?.message.content);
      assert.equal(countedIn(answer).output_tokens, usage.completion_tokens);
      assert.equal(answer.response_metadata["finish_reason"], "stop");
    });

    test("withStructuredOutput has the form of its schema", async () => {
      const model = chat().withStructuredOutput(schema, { name: "rest" });
      const object = await model.invoke(question);
      const { sent, path } = pair.last();
      const { choices } = await pair.post(path, { ...(sent as object), speculative: { policy } });
      assert.deepEqual(object, schema.parse(JSON.parse(choices[0]?.message.content ?? "")));
    });

    test("a prompt template leads a batch of questions to the model", async () => {
      const prompt = ChatPromptTemplate.fromMessages([
        ["system", "Be short."],
        ["human", "{name} has 3 boxes with 4 apples in each. How many apples are there?"],
      ]);
      const names = ["Anna", "Leo", "Mia"];
      const answers = await prompt.pipe(chat()).batch(names.map((name) => ({ name })));
      for (const [at, name] of names.entries()) {
        const messages = [
          { role: "system", content: "Be short." },
          { role: "user", content: `${name} has 3 boxes with 4 apples in each. How many apples are there?` },
        ];
        assert.equal(answers[at]?.content, (await pair.plain(policy, { messages })).choices[0]?.message.content);
      }
    });

    test("seed, temperature, stop, limits and log probabilities arrive", async () => {
      const sent = { temperature: 1, seed: 3, max_tokens: 20, logprobs: true, top_logprobs: 2 };
      const { choices } = await pair.plain(policy, sent);
      const fields = { temperature: 1, maxTokens: 20, logprobs: true, topLogprobs: 2 };
      const ask = (seed: number) => chat({ ...fields, modelKwargs: { ...modelKwargs, seed } }).invoke(question);
      const { content, response_metadata: facts } = await ask(3);
      assert.equal(content, choices[0]?.message.content);
      assert.equal(facts["finish_reason"], "length");
      const { content: tokens } = facts["logprobs"] as { content: { token: string; top_logprobs: unknown[] }[] };
      assert.equal(tokens.map(({ token }) => token).join(""), content);
      assert.ok(tokens.every(({ top_logprobs }) => top_logprobs.length === 2));
      assert.notEqual((await ask(4)).content, content);
      const whole = (await pair.plain(policy)).choices[0]?.message.content ?? "";
      assert.equal((await chat({ stop: ["####"] }).invoke(question)).content, whole.split("####")[0]);
    });

    test("generate has several choices", async () => {
      const { generations } = await chat({ n: 3, temperature: 1, modelKwargs: { ...modelKwargs, seed: 1 } }).generate([
        [{ role: "user", content: question }],
      ]);
      const { choices } = await pair.plain(policy, { n: 3, temperature: 1, seed: 1 });
      assert.deepEqual(
        generations[0]?.map(({ text }) => text),
        choices.map(({ message }) => message.content),
      );
    });

    test("the completion model continues texts, streamed too", async () => {
      const fields = { model: "tiny", apiKey: "none", temperature: 0, maxTokens: 8, configuration, modelKwargs };
      const prompts = ["The cat", "Anna has 3 boxes"];
      const texts = await Promise.all(prompts.map((prompt) => new OpenAI(fields).invoke(prompt)));
      const body = { prompt: prompts, temperature: 0, max_tokens: 8, speculative: { policy } };
      const { choices } = await pair.post("/v1/completions", body);
      assert.deepEqual(
        texts,
        choices.map(({ text }) => text),
      );
      const streamed = await Array.fromAsync(await new OpenAI(fields).stream("The cat"));
      assert.equal(streamed.join(""), texts[0]);
    });
  });
}

pair.testDescribed(40);
