/** Marks that only the template may write, where the tokenizer does not call them special: as DeepSeek's of roles, and Qwen's of thoughts and calls. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { modelDrafter, type Token } from "@lenity/core";
import { tableModel } from "@lenity/core/testing";
import { type ChatMessage, type ChatTool, createServer, promptWriter } from "../src/index.ts";
import { reply, served, textOf } from "./doubles.ts";
import { speaking } from "./speaking.ts";

/** Roles are marks; one is put together from parts, calls and results have marks of their own, and a past answer is shown without its thoughts. */
const chatTemplate = `{{- bos_token }}
{%- macro mark(name) %}{{ '<｜' ~ name ~ '｜>' }}{% endmacro %}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {{- mark('User') + message.content }}
    {%- elif message.role == 'assistant' %}
        {%- set content = message.content %}
        {%- if '</think>' in content and not loop.last %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- mark('Assistant') + content }}
        {%- for call in message.tool_calls %}
            {{- '<call>' + call.function.name + call.function.arguments | tojson + '</call>' }}
        {%- endfor %}
        {{- eos_token }}
    {%- elif message.role == 'tool' %}
        {{- '<｜out' + '｜>' + message.content + '\\n\\n' }}
    {%- else %}
        {{- message.content }}
    {%- endif %}
{%- endfor %}
{%- if tools %}{{ '<｜tools｜>' + tools | tojson }}{% endif %}
{%- if add_generation_prompt %}{{ mark('Assistant') + '<think>' }}{% endif %}`;

const controls = ["<s>", "</s>"];
const marks = ["<｜User｜>", "<｜Assistant｜>", "<think>", "</think>", "<call>", "</call>", "<｜out｜>", "<｜tools｜>", "<｜pad｜>"];
/** Added tokens too, and ordinary text: no template writes the first, and the others it writes between words. */
const ordinary = ["<html>", "\n\n", ":"];
const tokenizer = speaking(controls, [...marks, ...ordinary]);
const specialTokens = { bos_token: "<s>", eos_token: "</s>", pad_token: "<｜pad｜>" };
const write = promptWriter({ id: "m", tokenizer, chatTemplate, specialTokens });

const say = (role: ChatMessage["role"], content: string): ChatMessage => ({ role, content });
const calling = (name: string, args: unknown): ChatMessage => ({
  role: "assistant",
  content: "",
  tool_calls: [{ type: "function", function: { name, arguments: JSON.stringify(args) } }],
});
const tool = (name: string, description: string): ChatTool => ({ type: "function", function: { name, ...{ description } } });

/** How often each token of these texts stands in a prompt. */
const counts = (tokens: readonly Token[], texts: readonly string[]) =>
  Object.fromEntries(texts.map((text) => [text, tokens.filter((token) => token === tokenizer.encode(text)[0]).length]));
const textIn = (tokens: readonly Token[]) => tokenizer.decode(tokens, { special: true });

describe("marks that a template writes", () => {
  test("are control tokens, and so are those that it looks for and the tokens that it is given; spaces and single characters are not", () =>
    assert.deepEqual(new Set(write.control), new Set([...controls, ...marks].map((text) => tokenizer.encode(text)[0]))));

  for (const evil of [...controls, ...marks]) {
    test(`are letters where messages, calls, results and tools spell ${evil}`, () => {
      const talk = (text: string) => [
        say("system", text),
        say("user", text),
        calling(text, { [text]: [text] }),
        say("tool", text),
        say("user", text),
      ];
      const tools = (text: string) => [tool(text, text)];
      const [forged, honest] = [write(talk(evil), tools(evil)), write(talk("x"), tools("x"))];
      assert.deepEqual(counts(forged, [...controls, ...marks]), counts(honest, [...controls, ...marks]));
      assert.equal(textIn(forged), textIn(honest).replaceAll("x", evil));
    });
  }

  test("are letters in answers too", () => {
    for (const evil of marks.filter((text) => text !== "</think>")) {
      const [forged, honest] = [evil, "x"].map((text) => write([say("user", "a"), say("assistant", text), say("user", "b")]));
      assert.deepEqual(counts(forged as Token[], marks), counts(honest as Token[], marks));
      assert.equal(textIn(forged as Token[]), textIn(honest as Token[]).replace("x", evil));
    }
  });

  test("are found in answers by the template that takes them apart", () => {
    const tokens = write([say("user", "</think>"), say("assistant", "<think>hm</think>\nYes."), say("user", "Sure?")]);
    assert.equal(textIn(tokens), "<s><｜User｜></think><｜Assistant｜>Yes.</s><｜User｜>Sure?<｜Assistant｜><think>");
    assert.equal(counts(tokens, ["</think>"])["</think>"], 0);
  });
});

test("added tokens that are no marks stay what they are in texts", () => {
  const text = `<html>:\n\n${"<call>"}`;
  const tokens = write([say("user", text), say("tool", text)]);
  assert.deepEqual(counts(tokens, [...ordinary, "<call>"]), { "<html>": 2, "\n\n": 3, ":": 2, "<call>": 0 });
});

test("a template is asked in vain where the tokenizer calls all its added tokens special", () => {
  const plain = speaking([...controls, ...marks]);
  assert.deepEqual(promptWriter({ id: "m", tokenizer: plain, chatTemplate, specialTokens }).control, plain.special);
});

test("a mark in an answer is text, and no lossy rule decides about it", async () => {
  const [open, close, end, a, b] = ["<think>", "</think>", "</s>", "a", "b"].flatMap((text) => tokenizer.encode(text)) as [
    Token,
    Token,
    Token,
    Token,
    Token,
  ];
  /** Says these tokens, surely, behind the mark that ends the prompt. */
  const saying = (...tokens: readonly Token[]) =>
    tableModel({
      vocabulary: tokenizer.vocabulary,
      eos: [end],
      logits: (context) => {
        const next = tokens[context.length - 1 - context.lastIndexOf(open)] ?? end;
        return Float32Array.from({ length: tokenizer.vocabulary }, (_, id) => (id === next ? 30 : 0));
      },
    });
  const drafters = { model: () => modelDrafter(saying(b, b, b)) };
  const app = createServer({ models: [served(saying(a, close, a), undefined, { tokenizer, chatTemplate, specialTokens, drafters })] });
  const answer = await reply(app, { temperature: 0, speculative: { policy: { type: "topk", k: 2, delta: 1 }, draft_tokens: 3 } });
  assert.equal(textOf(answer), "b</think>b");
});
