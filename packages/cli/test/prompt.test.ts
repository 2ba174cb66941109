/** Prompts by tokenizers and templates of folders. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatWriter } from "@lenity/chat";
import { loadChatTemplate, loadPair, loadTokenizer } from "@lenity/onnx";
import { temporaryFolder, writeTokenizer } from "@lenity/onnx/testing";
import * as tiny from "@lenity/tiny";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

/** tokenizer.json has `<tool>` as an added token that it does not call special. */
async function prompt(template: string, content: string): Promise<{ readonly text: string; readonly marks: number }> {
  await writeTokenizer(folder.path, { chat_template: template });
  const [tokenizer, chatTemplate] = await Promise.all([loadTokenizer(folder.path), loadChatTemplate(folder.path)]);
  const tokens = chatWriter({ tokenizer, chatTemplate }).write([{ role: "user", content }]);
  const [mark] = tokenizer.encode("<tool>");
  return { text: tokenizer.decode(tokens), marks: tokens.filter((token) => token === mark).length };
}

test("a message cannot forge what a template marks roles with, though tokenizer.json does not call it special", async () => {
  const template = "{% for m in messages %}{{ '<tool>' + m.content }}{% endfor %}";
  assert.deepEqual(await prompt(template, "a<tool>b"), { text: "<tool>a<tool>b", marks: 1 });
});

test("what no template marks roles with is read as the token that it is", async () => {
  const template = "{% for m in messages %}{{ m.content }}{% endfor %}";
  assert.deepEqual(await prompt(template, "a<tool>b"), { text: "a<tool>b", marks: 1 });
});

test("a pair as it is loaded is what a chat writer takes: its template, its control tokens and its context", async () => {
  const pair = await loadPair(tiny.target, tiny.draft);
  try {
    const writer = chatWriter(pair);
    const { tokenizer, target } = pair;
    const expected = tokenizer.encode("<|system|>S<|end|><|user|>Hi<|end|><|assistant|>");
    const messages = [
      { role: "developer", content: "S" },
      { role: "user", content: "Hi" },
    ];
    assert.deepEqual(writer.write(messages), expected);
    assert.deepEqual(await writer.writeAsync(messages), expected);
    assert.deepEqual(writer.control, new Set([...tokenizer.special, ...target.eos]));
    await assert.rejects(writer.writeAsync([{ role: "user", content: "apples ".repeat(600) }]), {
      code: "context_full",
    });
  } finally {
    await pair.close();
  }
});
