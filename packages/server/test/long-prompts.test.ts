/** Prompts of any size in requests: refused before they wait or are encoded where they cannot fit. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChatMessage } from "@lenity/chat";
import { mostValues } from "@lenity/chat/internal";
import type { Tokenizer } from "@lenity/core";
import { countingBytes } from "../../chat/test/byte-model.ts";
import { createServer } from "../src/index.ts";
import { bytes, post, queueOf, type Reply, reply, sayingModel, served, textOf, until } from "./doubles.ts";

const user = (content: string): ChatMessage => ({ role: "user", content });
const model = (tokenizer: Tokenizer, contextLength = 100_000) =>
  served(sayingModel("Yes.", { contextLength }), undefined, { tokenizer });

describe("a prompt of a request", () => {
  test("is refused without being encoded where its bytes alone show that it cannot fit", async () => {
    const { tokenizer, asked } = countingBytes();
    const app = createServer({ models: [model(tokenizer, 500)] });
    for (const content of ["7".repeat(1e6), "🎉".repeat(5e5), "<|end|>".repeat(1e5), " ".repeat(4e6)]) {
      for (const stream of [false, true]) {
        const response = await post(app, { messages: [user(content)], stream });
        const { error } = (await response.json()) as Reply;
        assert.deepEqual([response.status, error?.code, error?.param], [400, "context_length_exceeded", "messages"]);
        assert.match(
          error?.message ?? "",
          /^The prompt has at least \d+ tokens, as none has more than 13 bytes; table holds 500\./,
        );
      }
    }
    assert.deepEqual([asked.here.join(""), asked.aside], ["", []]);
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  });

  test("is refused before it waits for its turn where its tokens show it, and answered up to the last that fits", async () => {
    const { tokenizer } = countingBytes();
    const app = createServer({ models: [model(tokenizer, 500)] });
    const response = await post(app, { messages: [user("a".repeat(500))] });
    assert.match(((await response.json()) as Reply).error?.message ?? "", /The prompt has 504 tokens; table holds 500/);
    assert.equal(textOf(await reply(app, { messages: [user("a".repeat(490))] })), "Yes.");
  });

  test("is refused without being encoded where those ahead leave no place to wait, also those that are being encoded", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let asked = 0;
    const { tokenizer } = countingBytes({
      async encodeAsync(texts) {
        asked++;
        await gate;
        return texts.map((text) => bytes.encode(text));
      },
    });
    const app = createServer({ models: [model(tokenizer)], concurrency: 1, maxQueue: 1 });
    const body = { messages: [user("a".repeat(9000))] };
    const admitted = [reply(app, body), reply(app, body)];
    await until(() => asked === 2);
    const refused = await post(app, body);
    assert.deepEqual([refused.status, asked], [429, 2]);
    open();
    for (const answer of await Promise.all(admitted)) assert.equal(textOf(answer), "Yes.");
    assert.equal(textOf(await reply(app, body)), "Yes.");
  });

  test("fails alone where its thread dies, and the next is answered", async () => {
    let dead = true;
    const { tokenizer } = countingBytes({
      async encodeAsync(texts) {
        if (dead) throw new Error("gone");
        return texts.map((text) => bytes.encode(text));
      },
    });
    const app = createServer({ models: [model(tokenizer)], onFailure: () => {} });
    const messages = [user("a".repeat(9000))];
    assert.equal((await post(app, { messages })).status, 500);
    dead = false;
    assert.equal(textOf(await reply(app, { messages })), "Yes.");
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  });
});

describe("what would take long to read", () => {
  const app = createServer({ models: [model(bytes)] });
  const refused = async (body: object | string, message: RegExp, param: string | null) => {
    const response = await post(app, body);
    const { error } = (await response.json()) as Reply;
    assert.equal(response.status, 400);
    assert.match(error?.message ?? "", message);
    assert.equal(error?.param, param);
  };

  test("is refused by its number: values, messages, values of arguments", async () => {
    await refused(
      { metadata: Array.from({ length: mostValues }, () => 1) },
      /The body contains more than 30000 values/,
      null,
    );
    await refused(`{"messages": [${"{},".repeat(1e6)}{}]}`, /The body contains more than 30000 values/, null);
    await refused(
      { messages: Array.from({ length: 2049 }, () => user("a")) },
      /messages has 2049 entries; expected at most 2048/,
      "messages",
    );
    const call = {
      type: "function",
      function: { name: "f", arguments: JSON.stringify(Array.from({ length: 20_000 }, () => 1)) },
    };
    const calls = [user("a"), { role: "assistant", tool_calls: [call, call] }];
    const readsCalls = `{{ messages[1].tool_calls | tojson }}`;
    const reading = createServer({ models: [{ ...model(bytes), chatTemplate: readsCalls }] });
    const { error } = (await (await post(reading, { messages: calls })).json()) as Reply;
    assert.match(error?.message ?? "", /arguments of tool_calls contain more than 30000 values/);
  });

  test("is not searched for the first message at fault", async () => {
    const many = [...Array.from({ length: 1000 }, () => user("a")), { role: "system", content: "late" }];
    await refused(
      { messages: many },
      /^The chat template refuses these messages: The system message comes first\.$/,
      "messages",
    );
    await refused(
      { messages: many.slice(-3) },
      /comes first\. The first at fault is messages\[2\] \(system\)\.$/,
      "messages",
    );
  });
});
