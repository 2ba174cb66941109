import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import OpenAI from "openai";
import type { ChatCompletionTool } from "openai/resources/chat/completions";
import { createServer } from "../src/index.ts";
import { families, reasoning, speaker } from "./speakers.ts";

const call = { name: "weather", arguments: '{"city": "Rome"}' };
const other = { name: "weather", arguments: '{"city": "Oslo"}' };
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tool: ChatCompletionTool = { type: "function", function: { name: "weather", parameters, strict: true } };
const messages = [{ role: "user" as const, content: "How warm is it in Rome?" }];

for (const [name, family] of Object.entries(families)) {
  describe(`the official openai client, and calls in the form of ${name}`, () => {
    const both = family.several ? [call, other] : [call];
    const tooled = speaker(family, (prompt) =>
      /18 degrees/.test(prompt) ? "It is 18 degrees in Rome." : family.write(both),
    );
    const app = createServer({ models: [tooled] });
    const listener = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
    const client = new OpenAI({ baseURL: `http://127.0.0.1:${listener.port}/v1`, apiKey: "key", maxRetries: 0 });
    after(() => listener.stop(true));

    test("runs a function and gets an answer from its result, streamed or not", async () => {
      for (const speculative of [{}, { policy: "judi", draft_tokens: 6 }, { draft_tokens: 0 }]) {
        const asked: unknown[] = [];
        const run = (args: { city: string }) => {
          asked.push(args);
          return `18 degrees in ${args.city}`;
        };
        const tools = [
          {
            type: "function" as const,
            function: { name: "weather", description: "d", parameters, parse: JSON.parse, function: run },
          },
        ];
        const body = { model: "double", messages, tools, max_tokens: 300, speculative };
        const answer = await client.chat.completions.runTools(body).finalContent();
        assert.equal(answer, "It is 18 degrees in Rome.");
        assert.deepEqual(
          asked,
          both.map(({ arguments: args }) => JSON.parse(args)),
        );
        const streamed = await client.chat.completions.runTools({ ...body, stream: true }).finalContent();
        assert.equal(streamed, "It is 18 degrees in Rome.");
        assert.equal(asked.length, 2 * both.length);
      }
    });

    test("gathers the calls of a stream", async () => {
      const stream = client.chat.completions.stream({ model: "double", messages, tools: [tool], max_tokens: 300 });
      const pieces: string[] = [];
      stream.on("tool_calls.function.arguments.delta", ({ arguments_delta: piece }) => pieces.push(piece));
      const [choice] = (await stream.finalChatCompletion()).choices;
      assert.equal(choice?.finish_reason, "tool_calls");
      assert.deepEqual(
        choice?.message.tool_calls?.map((one) => one.type === "function" && one.function.parsed_arguments),
        both.map(({ arguments: args }) => JSON.parse(args)),
      );
      assert.equal(pieces.join(""), both.map(({ arguments: args }) => args).join(""));
    });
  });
}

describe("the official openai client", () => {
  const text = '<think>Hm.</think>{"answer":5}';
  const models = [speaker(reasoning(families.tags), text)];
  const app = createServer({ models });
  const listener = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${listener.port}/v1`, apiKey: "key", maxRetries: 0 });
  after(() => listener.stop(true));

  test("parses an answer with a schema, behind reasoning too", async () => {
    const schema = {
      type: "object",
      properties: { answer: { type: "integer" } },
      required: ["answer"],
      additionalProperties: false,
    };
    const response_format = { type: "json_schema" as const, json_schema: { name: "sum", strict: true, schema } };
    const answer = await client.chat.completions.parse({ model: "double", messages, response_format });
    assert.deepEqual(JSON.parse(answer.choices[0]?.message.content ?? ""), { answer: 5 });
    assert.equal(Reflect.get(answer.choices[0]?.message ?? {}, "reasoning_content"), "Hm.");
  });
});
