/** Calls by the built-in pair, which has never seen a tool: the grammar makes them valid under every policy. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { defaultRegistry, lookupDrafter } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import { createServer } from "@lenity/server";
import * as tiny from "@lenity/tiny";

const { target, tokenizer, chatTemplate, drafter, close } = await loadPair(tiny.target, tiny.draft);
after(close);
const registry = defaultRegistry({ tokenizer });
const app = createServer({
  models: [
    {
      ...{ id: "tiny", target, tokenizer, chatTemplate, registry },
      drafters: { model: drafter, lookup: () => lookupDrafter() },
    },
  ],
});

const properties = {
  total: { type: "integer", minimum: 0, maximum: 99 },
  unit: { enum: ["nuts", "bags"] },
};
const tools = [
  { type: "function", function: { name: "report", parameters: { properties, required: ["total", "unit"] } } },
  { type: "function", function: { name: "give_up", parameters: { properties: {} } } },
];
/** Short, because the pair's context holds 512 tokens. */
const question = "Ben has 3 nuts and gets 4 nuts. How many nuts?";

interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: string } }[];
}

async function ask(body: object): Promise<{ readonly message: Message; readonly finish_reason: string }> {
  const response = await app.request("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: question }], tools, max_tokens: 150, ...body }),
  });
  const answer = (await response.json()) as { choices: { message: Message; finish_reason: string }[] };
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer.choices[0] ?? assert.fail();
}

function check({ message, finish_reason: reason }: Awaited<ReturnType<typeof ask>>): void {
  const calls = message.tool_calls ?? assert.fail("no call");
  assert.deepEqual([message.content, reason], [null, "tool_calls"], JSON.stringify(message));
  for (const { function: called } of calls) {
    const args = JSON.parse(called.arguments);
    if (called.name === "give_up") assert.deepEqual(args, {});
    else {
      assert.equal(called.name, "report");
      assert.ok(Number.isInteger(args.total) && args.total >= 0 && args.total <= 99, called.arguments);
      assert.ok(properties.unit.enum.includes(args.unit), called.arguments);
    }
  }
}

describe("calls by the built-in pair", () => {
  const one = { tool_choice: { type: "function", function: { name: "report" } } };
  const policies = ["strict", "block", "judi"];

  for (const tool_choice of ["required", one.tool_choice]) {
    test(`are valid under every policy, with ${typeof tool_choice === "string" ? tool_choice : "a named function"}`, async () => {
      for (const seed of [1, 2]) {
        for (const speculative of [
          { draft_tokens: 0 },
          ...policies.map((policy) => ({ policy })),
          { drafter: "lookup" },
        ])
          check(await ask({ tool_choice, parallel_tool_calls: false, seed, temperature: seed - 1, speculative }));
      }
    });
  }

  test("are those of plain decoding under lossless policies at temperature 0", async () => {
    for (const body of [{ tool_choice: "required" }, one, { tool_choice: "auto" }]) {
      const told = async (speculative: object) => {
        const { message, finish_reason: reason } = await ask({ ...body, temperature: 0, max_tokens: 60, speculative });
        return [message.content, message.tool_calls?.map(({ function: called }) => called), reason];
      };
      const plain = await told({ draft_tokens: 0 });
      for (const speculative of [{}, { policy: "block", draft_tokens: 5 }, { drafter: "lookup" }, { draft_tokens: 1 }])
        assert.deepEqual(await told(speculative), plain);
    }
  });

  test("and their results go back to it as text", async () => {
    const { message } = await ask({ ...one, temperature: 0 });
    const calls = (message.tool_calls ?? []) as readonly { readonly id?: string }[];
    const results = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "ok" }));
    const { finish_reason: reason } = await ask({
      messages: [{ role: "user", content: question }, message, ...results],
      ...{ temperature: 0, max_tokens: 20 },
    });
    assert.ok(["stop", "length", "tool_calls"].includes(reason));
  });
});
