/** How a model writes its answers is recognised by its template and its tokens. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { list, named, objects, soleObject, tagged } from "../src/answer/call-forms.ts";
import { type ChatMessage, chatWriter } from "../src/index.ts";
import { speaking } from "./speaking.ts";
import { chatml, headers, inst } from "./template-families.ts";

const user = { role: "user", content: "a" };
const calls = (ids: readonly string[]): ChatMessage => ({
  role: "assistant",
  content: "",
  tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
});

/** In the style of Mistral: ids must have nine letters. */
const mistral = `{%- for m in messages %}
  {%- if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}{% if tools %}{{ tools | tojson }}{% endif %}
  {%- elif m.role == 'tool' %}{{ '[TOOL_RESULTS] ' + m.tool_call_id + ' ' + m.content }}
  {%- elif m.tool_calls %}{{ '[TOOL_CALLS]' }}{% for c in m.tool_calls %}
    {%- if c.id | length != 9 %}{{ raise_exception('ids have nine letters') }}{% endif %}
    {{- c.id + '=' + c.function.name }}{% endfor %}
  {%- else %}{{ m.content }}{% endif %}
{%- endfor %}`;

const writerOf = (chatTemplate: string, controls: readonly string[] = ["<|x|>"], marks: readonly string[] = []) =>
  chatWriter({ tokenizer: speaking(controls, marks), chatTemplate });

describe("the form of calls is recognised", () => {
  test("by the template", () => {
    assert.equal(writerOf(chatml).form.calls, tagged);
    assert.equal(writerOf(headers).form.calls, soleObject);
    assert.equal(writerOf(mistral).form.calls, list);
    assert.equal(writerOf(mistral.replace("'='", "'[ARGS]'")).form.calls, named);
    assert.equal(writerOf(inst).form.calls, objects);
    assert.equal(writerOf(chatml.replace("<tool_call>", "<tool_call><function=")).form.calls, objects);
  });

  test("with the marks that have a token of their own", () => {
    const { marks } = writerOf(chatml, ["<|im_end|>"], ["<tool_call>", "</tool_call>", "<think>", "</think>"]).form;
    assert.deepEqual(marks, ["<tool_call>", "</tool_call>", "<think>", "</think>"]);
    assert.deepEqual(writerOf(chatml, ["<|im_end|>"]).form.marks, []);
  });
});

test("an answer is read with marks that are control tokens", () => {
  const writer = writerOf(mistral, ["</s>", "[TOOL_CALLS]"]);
  const { tokenizer, answerTokenizer } = writer;
  const tokens = tokenizer.encode("a[TOOL_CALLS]b</s>");
  assert.equal(tokenizer.decode(tokens), "ab");
  assert.equal(answerTokenizer.decode(tokens), "a[TOOL_CALLS]b");
  assert.equal(answerTokenizer.decode(tokens, { special: true }), "a[TOOL_CALLS]b</s>");
  const plain = writerOf(chatml);
  assert.equal(plain.answerTokenizer, plain.tokenizer);
});

describe("reasoning is recognised", () => {
  test("by the template or the tokens, and by how the prompt ends", () => {
    assert.equal(writerOf(chatml).form.reasoning, undefined);
    const byTokens = writerOf(chatml, ["<|x|>"], ["<think>", "</think>"]);
    assert.equal(byTokens.form.reasoning?.open, "<think>");
    const writer = writerOf(`${chatml}{# </think> #}`);
    const after = (end: string) => writer.reasoningAfter([...writer.write([user]), ...writer.tokenizer.encode(end)]);
    assert.deepEqual(
      [after("")?.isOpen, after("<think>\n")?.isOpen, after("<think>\n\n</think>\n\n")],
      [false, true, undefined],
    );
    assert.equal(writerOf(`${chatml}[THINK][/THINK]`).form.reasoning?.close, "[/THINK]");
  });

  test("and that of earlier answers reaches the template", () => {
    const template = "{% for m in messages %}{{ m.reasoning_content or '-' }}:{{ m.content }} {% endfor %}";
    const { write, tokenizer } = writerOf(template, ["<|x|>"]);
    const messages = [user, { role: "assistant", content: "b", reasoning_content: "hm <|x|>" }];
    const tokens = write(messages);
    assert.equal(tokenizer.decode(tokens), "-:a hm <|x|>:b ");
    assert.equal(
      tokens.some((token) => tokenizer.special.has(token)),
      false,
    );
  });
});

test("ids are made nine letters long for templates that want them so, and stay in step", () => {
  const { write, tokenizer } = writerOf(mistral);
  const result = (id: string) => ({ role: "tool", content: "r", tool_call_id: id });
  const text = tokenizer.decode(write([user, calls(["call_1", "aaaaaaaa9"]), result("call_1"), result("aaaaaaaa9")]));
  const [, first, second, third] = /\[TOOL_CALLS\](\w{9})=f(\w{9})=f\[TOOL_RESULTS\] (\w{9}) r/.exec(text) ?? [];
  assert.ok(first !== undefined && first === third, text);
  assert.equal(second, "aaaaaaaa9");
});
