/** The writer as programs use it: what it takes, what it gives, and what it refuses. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ChatMessage, chatWriter } from "../src/index.ts";
import { bytes, chatTemplate, control, sayingModel } from "./byte-model.ts";
import { chatml } from "./template-families.ts";

const messages = [{ role: "user", content: "Hi <|end|>" }];
const target = sayingModel("Yes.");

describe("a chat writer", () => {
  test("writes messages into the tokens of the template, and what they spell as letters", () => {
    const tokens = chatWriter({ tokenizer: bytes, chatTemplate }).write(messages);
    assert.equal(bytes.decode(tokens, { special: true }), "<|bos|><|user|>Hi <|end|><|end|><|assistant|>");
    assert.equal(tokens.filter((token) => token === control("end")).length, 1);
  });

  test("takes the source of a template alone", () => {
    const { write } = chatWriter({ tokenizer: bytes, chatTemplate: "<|user|>{{ messages[0].content }}" });
    assert.equal(bytes.decode(write(messages), { special: true }), "<|user|>Hi <|end|>");
  });

  test("gives the same tokens at once and later", async () => {
    const writer = chatWriter({ tokenizer: bytes, chatTemplate });
    assert.deepEqual(await writer.writeAsync(messages), writer.write(messages));
  });

  test("says which tokens lossy rules must leave alone: the template's, and the target's EOS tokens", () => {
    const eos = [7, control("end")];
    assert.deepEqual(chatWriter({ tokenizer: bytes, chatTemplate }).control, bytes.special);
    const writer = chatWriter({ tokenizer: bytes, chatTemplate, target: { ...target, eos } });
    assert.deepEqual(writer.control, new Set([...bytes.special, 7]));
  });

  test("says whether its template reads tools, and takes an empty list for none", () => {
    const deaf = chatWriter({ tokenizer: bytes, chatTemplate });
    assert.deepEqual(
      [deaf.readsTools, chatWriter({ tokenizer: bytes, chatTemplate: chatml }).readsTools],
      [false, true],
    );
    assert.deepEqual(deaf.write(messages, { tools: [] }), deaf.write(messages));
  });

  test("takes an empty list of calls for none", () => {
    const { write } = chatWriter({ tokenizer: bytes, chatTemplate });
    const answered = (more: Partial<ChatMessage>) => [...messages, { role: "assistant", content: "Yo", ...more }];
    assert.deepEqual(write(answered({ tool_calls: [] })), write(answered({})));
  });
});

describe("a chat writer refuses", () => {
  test("a base model, with the name of the model and what to do", () => {
    for (const [model, name] of [
      [{ id: "served" }, "served"],
      [{ target }, "table"],
      [{}, "the model"],
    ] as const) {
      assert.throws(() => chatWriter({ ...model, tokenizer: bytes, chatTemplate: undefined }), {
        code: "model_files",
        message: new RegExp(`^${name} has no chat template: .*generate\\(\\) or complete\\(\\), use a chat model`),
      });
    }
  });

  test("a tokenizer that adds control tokens of its own", () => {
    const tokenizer = { ...bytes, encode: (text: string) => [control("bos"), ...bytes.encode(text)] };
    assert.throws(() => chatWriter({ tokenizer, chatTemplate }), { name: "TypeError", message: /Turn that off/ });
  });

  test("what is not messages, and names the place and what is expected", async () => {
    const { write, writeAsync } = chatWriter({ tokenizer: bytes, chatTemplate: chatml });
    const call = (fields: object) => [
      { role: "assistant", content: "", tool_calls: [{ type: "function", ...fields }] },
    ];
    const cases: readonly (readonly [unknown, string, RegExp])[] = [
      [[], "messages", /^messages is an empty array; expected at least one message\.$/],
      ["Hi", "messages", /^messages is "Hi"; expected at least one message\.$/],
      [undefined, "messages", /expected at least one message/],
      [[null], "messages[0].role", /^messages\[0\]\.role is undefined; expected a string\.$/],
      [
        [...messages, { role: "user" }],
        "messages[1].content",
        /^messages\[1\]\.content is undefined; expected a string\.$/,
      ],
      [[{ role: "user", content: ["Hi"] }], "messages[0].content", /expected a string/],
      [[{ role: 5, content: "Hi" }], "messages[0].role", /^messages\[0\]\.role is 5; expected a string\.$/],
      [call({}), "messages[0].tool_calls", /expected a list of \{ type, function/],
      [call({ function: { name: "f", arguments: { a: 1 } } }), "messages[0].tool_calls", /arguments as JSON text/],
      [[{ ...messages[0], tool_calls: "f" }], "messages[0].tool_calls", /is "f"; expected a list/],
    ];
    for (const [given, path, message] of cases) {
      assert.throws(() => write(given as ChatMessage[]), { code: "invalid_request", path, message });
      await assert.rejects(writeAsync(given as ChatMessage[]), { code: "invalid_request", path, message });
    }
  });

  test("messages, values of arguments and depths that would take too long", () => {
    const { write } = chatWriter({ tokenizer: bytes, chatTemplate: chatml });
    const calling = (...args: readonly string[]): ChatMessage => ({
      role: "assistant",
      content: "",
      tool_calls: args.map((json) => ({ type: "function", function: { name: "f", arguments: json } })),
    });
    const many = JSON.stringify(Array.from({ length: 20_000 }, () => 1));
    const cases: readonly (readonly [ChatMessage[], RegExp])[] = [
      [Array.from({ length: 2049 }, () => ({ role: "user", content: "a" })), /has 2049 entries; expected at most 2048/],
      [[...messages, calling(many, many)], /arguments of tool_calls contain more than 30000 values/],
      [
        [...messages, calling(`${"[".repeat(150)}${"]".repeat(150)}`)],
        /^messages\[1\] is nested deeper than 100 levels/,
      ],
    ];
    for (const [given, message] of cases) assert.throws(() => write(given), { code: "invalid_request", message });
    // What is too deep to be parsed stays text.
    assert.equal(typeof write([...messages, calling("[".repeat(20_000))]).length, "number");
  });
});
