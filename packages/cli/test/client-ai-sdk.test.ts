/**
 * The AI SDK with `@ai-sdk/openai-compatible`, as its users set it up, against `lenity serve`. On Bun: one of the SDK's
 * dependencies has sources of its own under the condition `source`, which Node and Deno cannot run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createOpenAICompatible, type MetadataExtractor } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, Output, streamText } from "ai";
import { z } from "zod";
import { type Measured, policies, question as prompt, servedPair } from "./clients.ts";

const pair = await servedPair();

/** Passes lenity's figures on to `providerMetadata`, from a whole answer or from the chunks of a stream. */
const kept = ({ metrics }: Measured) => ({ lenity: { law: metrics?.acceptance.law ?? "none" } });
const metadataExtractor: MetadataExtractor = {
  extractMetadata: async ({ parsedBody }) => kept(parsedBody as Measured),
  createStreamExtractor() {
    let last: Measured = {};
    return {
      processChunk: (chunk) => {
        if ((chunk as Measured).metrics !== undefined) last = chunk as Measured;
      },
      buildMetadata: () => kept(last),
    };
  },
};
const provider = createOpenAICompatible({
  name: "lenity",
  baseURL: pair.baseURL,
  fetch: pair.fetch,
  includeUsage: true,
  supportsStructuredOutputs: true,
  metadataExtractor,
});
const schema = z.object({ name: z.enum(["Anna", "Ben"]), apples: z.int().min(0).max(99) });

for (const [policy, law] of policies) {
  const asked = { model: provider("tiny"), prompt, providerOptions: { lenity: { speculative: { policy } } } };

  describe(`the AI SDK, with the policy ${policy}`, () => {
    test("generateText has the text, the usage, and lenity's figures", async () => {
      const { choices, usage } = await pair.plain(policy);
      const { text, usage: counted, finishReason, providerMetadata, warnings } = await generateText(asked);
      assert.equal(text, choices[0]?.message.content);
      assert.deepEqual([counted.inputTokens, counted.outputTokens], [usage.prompt_tokens, usage.completion_tokens]);
      assert.deepEqual([finishReason, providerMetadata, warnings], ["stop", { lenity: { law } }, []]);
    });

    test("streamText has the same in parts", async () => {
      const { choices, usage } = await pair.plain(policy);
      const stream = streamText(asked);
      const parts = await Array.fromAsync(stream.textStream);
      assert.ok(parts.length > 1);
      assert.equal(parts.join(""), choices[0]?.message.content);
      assert.equal((await stream.usage).outputTokens, usage.completion_tokens);
      assert.deepEqual([await stream.finishReason, await stream.providerMetadata], ["stop", { lenity: { law } }]);
    });

    test("an object has the form of its schema, by Output, streamed, and by generateObject", async () => {
      const json_schema = { name: "response", schema: z.toJSONSchema(schema) };
      const { choices } = await pair.plain(policy, { response_format: { type: "json_schema", json_schema } });
      const expected = schema.parse(JSON.parse(choices[0]?.message.content ?? ""));
      const output = Output.object({ schema });
      assert.deepEqual((await generateText({ ...asked, output })).output, expected);
      const partial = await Array.fromAsync(streamText({ ...asked, output }).partialOutputStream);
      assert.deepEqual(partial.at(-1), expected);
      assert.deepEqual((await generateObject({ ...asked, schema })).object, expected);
    });

    test("seed, temperature, stop sequences and limits arrive", async () => {
      const settings = { temperature: 1, topP: 0.95, seed: 3, frequencyPenalty: 0.5, maxOutputTokens: 20 };
      const sent = { temperature: 1, top_p: 0.95, seed: 3, frequency_penalty: 0.5, max_tokens: 20 };
      const expected = (await pair.plain(policy, sent)).choices[0]?.message.content;
      for (let time = 0; time < 2; time++) {
        const { text, finishReason } = await generateText({ ...asked, ...settings });
        assert.deepEqual([text, finishReason], [expected, "length"]);
      }
      assert.notEqual((await generateText({ ...asked, ...settings, seed: 4 })).text, expected);
      const whole = (await pair.plain(policy)).choices[0]?.message.content ?? "";
      const { text, finishReason } = await generateText({ ...asked, stopSequences: ["####"] });
      assert.deepEqual([text, finishReason], [whole.split("####")[0], "stop"]);
    });

    test("a conversation with a system prompt continues", async () => {
      const messages = [
        { role: "user", content: prompt },
        { role: "assistant", content: "Seven." },
        { role: "user", content: prompt },
      ] as const;
      const sent = { messages: [{ role: "system", content: "Be short." }, ...messages] };
      const { choices } = await pair.plain(policy, sent);
      const { prompt: _, ...rest } = asked;
      const { text } = await generateText({ ...rest, instructions: "Be short.", messages: [...messages] });
      assert.equal(text, choices[0]?.message.content);
    });
  });
}

test("the AI SDK's completion model continues a text", async () => {
  const model = provider.completionModel("tiny");
  const { text } = await generateText({ model, prompt, maxOutputTokens: 12, temperature: 0 });
  const { sent, path } = pair.last();
  assert.match((sent as { prompt: string }).prompt, /Anna has 3 boxes/);
  const { choices } = await pair.post(path, { ...(sent as object), speculative: { draft_tokens: 0 } });
  assert.ok(text.length > 0);
  assert.equal(text, choices[0]?.text);
});

pair.testDescribed(28);
