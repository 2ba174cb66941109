/** What a request meets of chat templates. How they are read and written is tested in packages/chat. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chatml, inst } from "../../chat/test/template-families.ts";
import { createServer } from "../src/index.ts";
import { bytes, post, type Reply, sayingModel, served } from "./doubles.ts";

const weather = {
  type: "function",
  function: { name: "weather", parameters: { properties: { city: { type: "string" } } } },
};

const app = createServer({ models: [served(sayingModel("ok"), undefined, { chatTemplate: inst })] });
const refused = async (body: object): Promise<Reply["error"]> => {
  const response = await post(app, body);
  assert.equal(response.status, 400);
  return ((await response.json()) as Reply).error;
};

test("an order of roles that the template refuses is a 400 that says so", async () => {
  const error = await refused({
    messages: [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
    ],
  });
  assert.equal(error?.param, "messages");
  assert.match(error?.message ?? "", /roles must alternate/);
});

test("tools that must not be used are not shown to the model, and others are", async () => {
  const chatTemplate = "<|assistant|>{{ tools | length if tools else 'none' }}";
  const prompts: string[] = [];
  const target = sayingModel("ok");
  const watched = {
    ...target,
    open(options: Parameters<typeof target.open>[0]) {
      prompts.push(bytes.decode(options?.prompt ?? []));
      return target.open(options);
    },
  };
  const tooled = createServer({ models: [served(watched, undefined, { chatTemplate })] });
  for (const extra of [{ tool_choice: "none" }, { tool_choice: "auto" }, {}, { tools: [] }]) {
    assert.equal((await post(tooled, { tools: [weather], ...extra, speculative: { draft_tokens: 0 } })).status, 200);
  }
  assert.deepEqual(prompts, ["none", "1", "1", "none"]);
});

test("tools and calls nested without end are a 400", async () => {
  const tooled = createServer({ models: [served(sayingModel("ok"), undefined, { chatTemplate: chatml })] });
  const deep = (depth: number) => `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`;
  const withTool = (inner: string) =>
    `{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","p":${inner}}}]}`;
  const withCall = (inner: string) => {
    const messages = [
      { role: "user", content: "x" },
      { role: "assistant", tool_calls: [{ function: { name: "f", arguments: inner } }] },
    ];
    return JSON.stringify({ messages });
  };
  const parameters = (inner: string) =>
    `{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"const":${inner}}}}]}`;
  const plain = createServer({ models: [served(sayingModel("ok"), undefined, { chatTemplate: inst })] });
  for (const server of [tooled, plain]) {
    for (const body of [withTool, withCall, parameters]) {
      assert.ok([200, 400].includes((await post(server, body(deep(10)))).status));
      for (const depth of [60, 50_000]) {
        const { status } = await post(server, body(deep(depth)));
        assert.equal(status, 400, `${depth} ${body(".")}`);
      }
    }
  }
});

test("a conversation that renders to nothing is a 400", async () => {
  const empty = createServer({
    models: [served(sayingModel("ok"), undefined, { chatTemplate: "{% if false %}{{ messages }}{% endif %}" })],
  });
  const response = await post(empty, {});
  assert.equal(response.status, 400);
  const { error } = (await response.json()) as Reply;
  assert.deepEqual(
    [error?.param, error?.message],
    ["messages", "The chat template of double writes nothing for these messages. Send different ones."],
  );
});

test("a server does not start with a template for tools that is not Jinja, an empty template, or none", () => {
  for (const chatTemplate of [{ template: "x", named: { tool_use: "{% if %}" } }, "", " \n", undefined]) {
    const models = [served(sayingModel("x"), undefined, { chatTemplate })];
    assert.throws(() => createServer({ models }), { code: "model_files", message: /double/ });
  }
});
