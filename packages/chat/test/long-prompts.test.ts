/** Long prompts: read once, refused before they are encoded where they cannot fit, and encoded elsewhere. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded, type Tokenizer } from "@lenity/core";
import { type ChatMessage, type ChatModel, chatWriter } from "../src/index.ts";
import { bytes, chatTemplate, control, countingBytes, sayingModel } from "./byte-model.ts";

const user = (content: string): ChatMessage => ({ role: "user", content });
const model = (tokenizer: Tokenizer, contextLength = 100_000): ChatModel => ({
  target: sayingModel("Yes.", { contextLength }),
  tokenizer,
  chatTemplate,
});

describe("a long prompt", () => {
  test("has the tokens of one that is written at once, whatever its length, and is encoded aside", async () => {
    const spellings = Array.from(bytes.special, (id) => bytes.decode([id], { special: true }));
    const parts = [
      ...spellings,
      ...spellings.map((text) => text.slice(0, -2)),
      "<",
      "é🎉",
      "\ud800",
      "\ue000\ue001",
      " ",
      "word ",
      "0".repeat(99),
    ];
    const random = seeded(5);
    for (const length of [0, 5, 50, 500, 3000]) {
      for (let time = 0; time < 5; time++) {
        const content = Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join("");
        const messages = [{ role: "system", content: "Be brief. <|end|>" } as const, user(content), user("?")];
        const { tokenizer, asked } = countingBytes();
        const tokens = await chatWriter(model(tokenizer)).writeAsync(messages);
        assert.deepEqual(tokens, chatWriter(model(bytes)).write(messages));
        // The empty text is encoded once, when the writer is made.
        assert.equal(asked.here.join("").length > 0, content.length < 8000);
        assert.equal(asked.aside.length > 0, content.length > 8200);
      }
    }
  });

  test("is encoded on its thread where there is no other, with pauses, to the same tokens", async () => {
    const { tokenizer } = countingBytes({ encodeAsync: undefined });
    const messages = Array.from({ length: 40 }, () => user(`<|end|>${"long ".repeat(300)}`));
    let pauses = 0;
    const timer = setInterval(() => pauses++, 0);
    const tokens = await chatWriter(model(tokenizer)).writeAsync(messages);
    clearInterval(timer);
    assert.deepEqual(tokens, chatWriter(model(bytes)).write(messages));
    assert.ok(pauses > 2, `${pauses} pauses`);
  });

  test("is refused unencoded where its bytes alone show that it cannot fit, else by its tokens", async () => {
    const { tokenizer, asked } = countingBytes();
    const { writeAsync } = chatWriter(model(tokenizer, 500));
    for (const content of ["7".repeat(1e6), "<|end|>".repeat(1e5)]) {
      const message = /^The prompt has at least \d+ tokens, as none has more than 13 bytes; table holds 500\./;
      await assert.rejects(writeAsync([user(content)]), { code: "context_full", message });
    }
    assert.deepEqual([asked.here.join(""), asked.aside], ["", []]);
    const message = /The prompt has 504 tokens; table holds 500/;
    await assert.rejects(writeAsync([user("a".repeat(500))]), { code: "context_full", message });
    assert.equal((await writeAsync([user("a".repeat(490))])).length, 494);
  });

  test("must fit itself: texts that the template shortens are checked for control tokens at any length", async () => {
    // Reads a control token in another spelling, as after normalisation.
    const encode = (text: string) =>
      text.split("＜").flatMap((piece, at) => [...(at > 0 ? [control("end")] : []), ...bytes.encode(piece)]);
    const target = sayingModel("Yes.", { contextLength: 100 });
    const shortening = "<|user|>{{ messages[0].content[0:3] }}<|assistant|>";
    const { writeAsync } = chatWriter({ target, tokenizer: { ...bytes, encode }, chatTemplate: shortening });
    const forged = writeAsync([user(`a＜b${"c".repeat(1000)}`)]);
    await assert.rejects(forged, { code: "invalid_request", path: "messages[0].content" });
    assert.equal((await writeAsync([user("c".repeat(1000))])).length, 5);
  });

  test("may have any length where no target is given", async () => {
    const { tokenizer } = countingBytes();
    const { writeAsync } = chatWriter({ tokenizer, chatTemplate });
    assert.equal((await writeAsync([user("a".repeat(1e5))])).length, 100_004);
  });
});
