/** Messages to answers in one call. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, type Drafter, type GenerateEvent, generate, modelDrafter, sd } from "@lenity/core";
import { chatWriter, completeChat, generateChat } from "../src/index.ts";
import { bytes, chatTemplate, sayingModel } from "./byte-model.ts";

const target = sayingModel("It is 5.");
const messages = [{ role: "user", content: "2 + 3?" }];
const writer = chatWriter({ target, tokenizer: bytes, chatTemplate });

/** A drafter, and how often it was closed. */
function watchedDrafter(): { readonly drafter: Drafter; closed(): number } {
  const inner = modelDrafter(sayingModel("It is 6."));
  let closed = 0;
  const close = () => {
    closed++;
    return inner.close();
  };
  return { drafter: { ...inner, close }, closed: () => closed };
}

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const event of events) list.push(event);
  return list;
}

describe("an answer to messages", () => {
  test("is what complete and generate give for the tokens of the writer", async () => {
    const { write, control } = writer;
    const options = { target, verifier: sd(), draftTokens: 3, seed: 1, stop: ["5"] };
    const drafter = () => watchedDrafter().drafter;
    const expected = { ...options, tokenizer: bytes, control };
    const answer = await complete(write(messages), { ...expected, drafter: drafter() });
    const message = { content: answer.text, reasoning: undefined, calls: [] };
    assert.deepEqual(await completeChat(messages, { ...options, writer, drafter: drafter() }), { ...answer, message });
    const events = await all(generateChat(messages, { ...options, writer, drafter: drafter() }));
    const plain = events.flatMap((event): GenerateEvent[] => {
      if (event.type === "finish") return [{ type: "finish", answer }];
      const { parts, ...delta } = event;
      // What is held back arrives before the end.
      return delta.tokens.length === 0 && delta.text === "" ? [] : [delta];
    });
    assert.deepEqual(plain, await all(generate(write(messages), { ...expected, drafter: drafter() })));
    assert.ok(events.length > 2);
  });

  test("has its long prompt encoded aside, and tools written by the template", async () => {
    const sizes: number[] = [];
    const encodeAsync = async (texts: readonly string[]) => {
      sizes.push(texts.join("").length);
      return texts.map((text) => bytes.encode(text));
    };
    const tooled = chatWriter({
      tokenizer: { ...bytes, encodeAsync },
      chatTemplate: "{{ messages[0].content }}{{ tools | length }}<|assistant|>",
    });
    const tools = [{ type: "function", function: { name: "f" } }] as const;
    const long = sayingModel("Yes.", { contextLength: 20_000 });
    const content = "a".repeat(10_000);
    const { text } = await completeChat([{ role: "user", content }], { target: long, writer: tooled, tools });
    assert.deepEqual([text, sizes], ["Yes.", [content.length + "1<|assistant|>".length]]);
  });
});

describe("the drafter is closed once", () => {
  const options = () => ({ target, writer, draftTokens: 3 });

  test("where the answer ends, and where it is left at any event", async () => {
    const count = (await all(generateChat(messages, { ...options(), drafter: watchedDrafter().drafter }))).length;
    for (let left = 0; left <= count; left++) {
      const { drafter, closed } = watchedDrafter();
      const events = generateChat(messages, { ...options(), drafter });
      for (let event = 0; event < left; event++) await events.next();
      await events.return();
      assert.equal(closed(), 1, `left after ${left}`);
    }
  });

  test("where the messages are refused", async () => {
    const { drafter, closed } = watchedDrafter();
    await assert.rejects(completeChat([], { ...options(), drafter }), { code: "invalid_request", path: "messages" });
    assert.equal(closed(), 1);
  });
});
