/** Reasoning apart from the answer: opened by the answer, or by the prompt. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { chunks, joined, post, type Reply, reply } from "./doubles.ts";
import { families, reasoning, speaker } from "./speakers.ts";

const { tags, lines } = families;
const own = reasoning(tags);
const opened = reasoning(tags, "<think>\n");
const closed = reasoning(tags, "<think>\n\n</think>\n\n");
const messageOf = ({ choices }: Reply) => choices[0]?.message;
const server = (...given: Parameters<typeof speaker>) => createServer({ models: [speaker(...given)] });
const bodies = [{}, { draft_tokens: 0 }, { draft_tokens: 7 }, { policy: "judi" }, { drafter: "lookup" }];
const add = {
  type: "function",
  function: { name: "add", parameters: { properties: { a: { type: "integer" } }, required: ["a"] } },
};

describe("reasoning", () => {
  for (const [name, family, before] of [
    ["the answer", own, "<think>\n"],
    ["the prompt", opened, ""],
  ] as const) {
    const text = `${before}Two and two.\n</think>\n\nFour.`;
    const app = server(family, text);

    test(`that ${name} opens is in a field of its own, and counted`, async () => {
      for (const speculative of bodies) {
        const answer = await reply(app, { speculative });
        assert.deepEqual(messageOf(answer), {
          role: "assistant",
          content: "Four.",
          refusal: null,
          reasoning_content: "Two and two.",
        });
        // The marks are tokens, and so is each letter.
        const thoughts = family === own ? "<\nTwo and two.\n>" : "Two and two.\n>";
        assert.equal(answer.usage?.completion_tokens_details.reasoning_tokens, thoughts.length);
        assert.equal(answer.choices[0]?.finish_reason, "stop");
      }
    });

    test(`that ${name} opens is streamed apart`, async () => {
      const { all } = await chunks(await post(app, { stream: true, stream_options: { include_usage: true } }));
      const thoughts = all.map(({ choices }) => choices[0]?.delta?.reasoning_content ?? "").join("");
      assert.deepEqual([thoughts, joined(all)], ["Two and two.", "Four."]);
      assert.ok((all.at(-1)?.usage?.completion_tokens_details.reasoning_tokens ?? 0) > 10);
    });

    test(`that ${name} opens is free, and a format holds behind it`, async () => {
      const response_format = { type: "json_schema", json_schema: { name: "n", schema: { type: "integer" } } };
      for (const [says, content] of [
        [`${before}{"x</think>\n\n12`, "12"],
        [`${before}{"x</think>twelve 7`, undefined],
      ] as const) {
        const formatted = server(family, says);
        const found = new Set<string>();
        for (const speculative of bodies) {
          const answer = await reply(formatted, { response_format, speculative, temperature: 0 });
          const { content: text, reasoning_content: thought } = messageOf(answer) ?? assert.fail();
          assert.equal(thought, '{"x');
          assert.match(text ?? "", /^-?\d+$/);
          if (content !== undefined) assert.equal(text, content);
          if (speculative.policy === undefined) found.add(text ?? "");
        }
        assert.equal(found.size, 1);
      }
    });

    test(`that ${name} opens comes before calls that are needed`, async () => {
      const says = `${before}I add <tool_call>.</think>\n\n${tags.write([{ name: "add", arguments: '{"a": 5}' }])}`;
      for (const speculative of bodies) {
        const answer = await reply(server(family, says), {
          tools: [add],
          tool_choice: "required",
          max_tokens: 200,
          speculative,
        });
        const { content, reasoning_content: thought, tool_calls: calls } = messageOf(answer) ?? assert.fail();
        assert.deepEqual([content, thought, calls?.[0]?.function.arguments], [null, "I add <tool_call>.", '{"a": 5}']);
        assert.equal(answer.choices[0]?.finish_reason, "tool_calls");
      }
    });
  }

  test("that the prompt has closed does not begin again", async () => {
    const answer = await reply(server(closed, "Four. <think>"), {});
    assert.deepEqual([messageOf(answer)?.content, messageOf(answer)?.reasoning_content], ["Four. <think>", undefined]);
    assert.equal(answer.usage?.completion_tokens_details.reasoning_tokens, 0);
  });

  test("that is cut has no content behind it", async () => {
    const answer = await reply(server(opened, "x".repeat(100)), { max_tokens: 20 });
    assert.deepEqual([messageOf(answer)?.content, messageOf(answer)?.reasoning_content], ["", "x".repeat(20)]);
    assert.equal(answer.choices[0]?.finish_reason, "length");
  });

  test("of earlier answers reaches the template", async () => {
    const family = {
      ...own,
      template: own.template.replace("m.content }}", "m.content + (m.reasoning_content or '') }}"),
    };
    const app = server(family, (prompt) => (prompt.includes("because") ? "yes" : "no"));
    const messages = [
      { role: "user", content: "a" },
      { role: "assistant", content: "b", reasoning_content: "because" },
      { role: "user", content: "c" },
    ];
    assert.equal(messageOf(await reply(app, { messages }))?.content, "yes");
    assert.equal(messageOf(await reply(app, {}))?.content, "no");
  });

  test("stays in the text of a completion", async () => {
    const app = server(own, "<think>a</think>b");
    const body = JSON.stringify({ model: "double", prompt: "x<|assistant|>", max_tokens: 40 });
    const headers = { "content-type": "application/json" };
    const response = await app.request("/v1/completions", { method: "POST", body, headers });
    const { choices } = (await response.json()) as { choices: { text: string }[] };
    assert.equal(choices[0]?.text, "<think>a</think>b");
  });

  test("of a model without it is text", async () => {
    assert.equal(messageOf(await reply(server(lines, "<think>a</think>b"), {}))?.content, "<think>a</think>b");
  });
});
