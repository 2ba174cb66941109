/**
 * Tools by the clients that people use, against `lenity serve`. The built-in pair was not taught to call functions, so
 * a call is required; the grammar makes it one that the client can run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { AIMessage, type AIMessageChunk, HumanMessage, type ToolMessage } from "@langchain/core/messages";
import { tool as langChainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, isStepCount, type PrepareStepFunction, streamText, tool } from "ai";
import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import type { ParsedChatCompletionMessageToolCall as ParsedCall } from "openai/resources/chat/completions";
import { z } from "zod";
import { policies, question, servedPair } from "./clients.ts";

const pair = await servedPair();
const given = { baseURL: pair.baseURL, fetch: pair.fetch };
const schema = z.object({ name: z.enum(["Anna", "Ben"]), apples: z.int().min(0).max(99) });
type Input = z.infer<typeof schema>;
const description = "Counts the apples that someone has left.";
const resultOf = ({ name, apples }: Input) => `${name} has ${apples}.`;

/** The call's name and arguments that a plain fetch gets for a client's last request. Strict ones are decoded plainly. */
async function plainCall(policy: string): Promise<readonly [name: string, input: Input]> {
  const { stream: _, stream_options: __, ...sent } = pair.last().sent as Record<string, unknown>;
  const speculative = policy === "strict" ? { draft_tokens: 0 } : { policy };
  const { choices } = await pair.post(pair.last().path, { ...sent, speculative });
  const [call] = choices[0]?.message.tool_calls ?? [];
  const { name, arguments: text } = call?.function ?? assert.fail("There is no call.");
  return [name, schema.parse(JSON.parse(text))];
}

/** A function's call; OpenAI has calls of other kinds too. */
function functionIn(call: ParsedCall | undefined) {
  return call?.type === "function" ? call.function : assert.fail("There is no call.");
}

for (const [policy] of policies) {
  const speculative = { policy };

  describe(`tools of the openai client, with the policy ${policy}`, () => {
    const client = new OpenAI({ ...given, apiKey: "none" });
    const tools = [zodFunction({ name: "count", description, parameters: schema })];
    const first = { role: "user" as const, content: question };
    const asked = { model: "tiny", messages: [first], tools, tool_choice: "required" as const, speculative };

    test("a call is parsed, and its result leads to an answer in text", async () => {
      const { choices } = await client.chat.completions.parse({ ...asked, parallel_tool_calls: false });
      const { message, finish_reason } = choices[0] ?? assert.fail();
      assert.equal(finish_reason, "tool_calls");
      assert.equal(message.content, null);
      const [call = assert.fail(), ...more] = message.tool_calls ?? [];
      assert.deepEqual(more, []);
      const input = functionIn(call).parsed_arguments as Input;
      assert.deepEqual(["count", input], await plainCall(policy));
      const result = { role: "tool" as const, tool_call_id: call.id, content: resultOf(input) };
      const messages = [first, message, result];
      const answer = await client.chat.completions.create({ ...asked, messages, tool_choice: "none" });
      assert.equal(answer.choices[0]?.finish_reason, "stop");
      assert.match(answer.choices[0]?.message.content ?? "", /\w/);
    });

    test("a stream has the same call in parts", async () => {
      const named = { type: "function" as const, function: { name: "count" } };
      const stream = client.chat.completions.stream({ ...asked, tool_choice: named, parallel_tool_calls: false });
      const deltas: string[] = [];
      stream.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => deltas.push(arguments_delta));
      const { choices } = await stream.finalChatCompletion();
      const called = functionIn(choices[0]?.message.tool_calls?.[0]);
      assert.deepEqual([called.name, called.parsed_arguments], await plainCall(policy));
      assert.equal(deltas.join(""), called.arguments);
    });

    test("runTools runs the function and sends its result", async () => {
      const inputs: Input[] = [];
      const run = (input: Input) => {
        inputs.push(input);
        return resultOf(input);
      };
      const named = { type: "function" as const, function: { name: "count" } };
      const fn = { name: "count", description, parameters: z.toJSONSchema(schema), function: run, parse: JSON.parse };
      const runner = client.chat.completions.runTools(
        { ...asked, tools: [{ type: "function", function: fn as never }], tool_choice: named },
        { maxChatCompletions: 2 },
      );
      await runner.done();
      assert.ok(inputs.length >= 1);
      for (const input of inputs) schema.parse(input);
      const results = runner.messages.filter(({ role }) => role === "tool");
      assert.equal(results[0]?.content, resultOf(inputs[0] as Input));
    });
  });

  describe(`tools of the AI SDK, with the policy ${policy}`, () => {
    const inputs: Input[] = [];
    const count = tool({
      description,
      inputSchema: schema,
      execute: async (input) => {
        inputs.push(input);
        return resultOf(input);
      },
    });
    /** A call first, then a text. */
    const prepareStep: PrepareStepFunction<{ count: typeof count }> = ({ stepNumber }) => ({
      toolChoice: stepNumber === 0 ? "required" : "none",
    });
    const asked = {
      model: createOpenAICompatible({ name: "lenity", ...given, includeUsage: true })("tiny"),
      prompt: question,
      tools: { count },
      stopWhen: isStepCount(2),
      prepareStep,
      providerOptions: { lenity: { speculative, parallel_tool_calls: false } },
    };

    test("generateText runs the function and sends the result back", async () => {
      inputs.length = 0;
      const { steps, text } = await generateText(asked);
      assert.deepEqual(
        steps.map(({ finishReason }) => finishReason),
        ["tool-calls", "stop"],
      );
      assert.equal(inputs.length, 1);
      schema.parse(inputs[0]);
      assert.deepEqual(steps[0]?.toolResults[0]?.output, resultOf(inputs[0] as Input));
      assert.match(JSON.stringify(pair.last().sent), new RegExp(resultOf(inputs[0] as Input)));
      assert.match(text, /\w/);
    });

    test("streamText does the same, and has the input in parts", async () => {
      const [before] = inputs;
      inputs.length = 0;
      const stream = streamText(asked);
      let input = "";
      for await (const part of stream.fullStream) {
        if (part.type === "error") throw part.error;
        if (part.type === "tool-input-delta") input += part.delta;
      }
      assert.deepEqual(inputs, [before]);
      assert.deepEqual(JSON.parse(input), before);
      assert.match(await stream.text, /\w/);
    });
  });

  describe(`tools of LangChain, with the policy ${policy}`, () => {
    const model = new ChatOpenAI({
      model: "tiny",
      apiKey: "none",
      configuration: given,
      modelKwargs: { speculative },
    });
    const count = langChainTool(async (input: Input) => resultOf(input), { name: "count", description, schema });

    test("bindTools has calls, which its tool runs, and an answer to the result", async () => {
      const calling = model.bindTools([count], { tool_choice: "required", parallel_tool_calls: false });
      const called = await calling.invoke([new HumanMessage(question)]);
      const [call = assert.fail("There is no call."), ...more] = called.tool_calls ?? [];
      assert.deepEqual([more, called.invalid_tool_calls], [[], []]);
      assert.deepEqual([call.name, call.args], await plainCall(policy));
      const result: ToolMessage = await count.invoke(call as never);
      assert.equal(result.content, resultOf(call.args as Input));
      const history = [new HumanMessage(question), new AIMessage(called as never), result];
      assert.match((await model.bindTools([count], { tool_choice: "none" }).invoke(history)).text, /\w/);
    });

    test("a stream has the same call in parts", async () => {
      const calling = model.bindTools([count], { tool_choice: "count", parallel_tool_calls: false });
      const parts: AIMessageChunk[] = await Array.fromAsync(await calling.stream(question));
      const [call] = parts.reduce((before, part) => before.concat(part)).tool_calls ?? [];
      assert.deepEqual([call?.name, call?.args], await plainCall(policy));
    });

    test("withStructuredOutput by a function call has the form of its schema", async () => {
      const made = model.withStructuredOutput(schema, { name: "count", method: "functionCalling" });
      const object = await made.invoke(question);
      assert.deepEqual(["count", object], await plainCall(policy));
    });
  });
}

pair.testDescribed(30);
