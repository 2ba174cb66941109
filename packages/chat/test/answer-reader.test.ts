/** Answers are taken apart into reasoning, content and calls, however their text is cut. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { list, named, objects, soleObject, tagged } from "../src/answer/call-forms.ts";
import { type AnswerEvent, type AnswerMessage, answerMessage, answerReader, type ReadOptions } from "../src/index.ts";

const thinking = (isOpen: boolean) => ({ open: "<think>", close: "</think>", isOpen });

/** The answer as it is read in pieces of this length. */
function readIn(length: number, text: string, options: ReadOptions): AnswerMessage {
  const reader = answerReader(options);
  const events: AnswerEvent[] = [];
  for (let at = 0; at < text.length; at += length) events.push(...reader.push(text.slice(at, at + length)));
  return answerMessage([...events, ...reader.end()]);
}

function reads(text: string, options: ReadOptions, expected: Partial<AnswerMessage>): void {
  for (const length of [text.length + 1, 1, 2, 3, 5, 7, 13]) {
    const whole = { content: "", reasoning: undefined, calls: [], ...expected };
    assert.deepEqual(readIn(length, text, options), whole, `in pieces of ${length}: ${text}`);
  }
}

const [one, two] = ['{"city": "Rome }] \\" <tool_call>", "days": [1, {"x": 2}]}', "{}"] as const;
const both = [
  { name: "weather", arguments: one },
  { name: "now", arguments: two },
];

describe("calls are read", () => {
  const tag = (name: string, args: string) => `<tool_call>\n{"name": "${name}", "arguments": ${args}}\n</tool_call>`;

  test("in tags", () => {
    const calls = { calls: tagged };
    reads(tag("weather", one), calls, { calls: both.slice(0, 1) });
    reads(`I look.\n\n${tag("weather", one)}\n${tag("now", two)}`, calls, { content: "I look.", calls: both });
    reads(`<tool_call>{"name":"now","arguments":{}}</tool_call>\n`, calls, { calls: both.slice(1) });
  });

  test("as a sole object", () => {
    const call = `{"name": "weather", "parameters": ${one}}`;
    reads(call, { calls: soleObject }, { calls: both.slice(0, 1) });
    reads(`<|python_tag|>${call}`, { calls: soleObject }, { calls: both.slice(0, 1) });
    reads(`See: ${call}`, { calls: soleObject }, { content: `See: ${call}` });
  });

  test("in a list", () => {
    const item = ({ name, arguments: args }: (typeof both)[number]) => `{"name": "${name}", "arguments": ${args}}`;
    for (const space of ["", " "]) {
      reads(`[TOOL_CALLS]${space}[${both.map(item).join(", ")}]`, { calls: list }, { calls: both });
      reads(`Well [TOOL_CALLS]${space}[${both.map(item).join()}] `, { calls: list }, { content: "Well", calls: both });
    }
  });

  test("by their names", () => {
    const text = both.map(({ name, arguments: args }) => `[TOOL_CALLS]${name}[ARGS]${args}`).join("");
    reads(text, { calls: named }, { calls: both });
    reads(`a [TOOL] ${text}`, { calls: named }, { content: "a [TOOL]", calls: both });
  });

  test("in lines", () => {
    const lines = both.map(({ name, arguments: args }) => `{"name": "${name}", "arguments": ${args}}`);
    reads(lines.join("\n"), { calls: objects }, { calls: both });
    reads(`\n${lines.join("\n\n")}\n`, { calls: objects }, { calls: both });
  });
});

describe("what is no call", () => {
  test("is content", () => {
    const texts = [
      "",
      " ",
      "a < b <tool",
      "<tool_call>",
      "<tool_call> is a tag",
      ' {"name": "Bo", "age": 3} \n',
      "<tool_call>{}",
    ];
    for (const calls of [tagged, objects, soleObject, list, named]) {
      for (const text of texts) {
        // An answer that ends in a mark has been cut.
        const content = calls === tagged && text === "<tool_call>" ? "" : text;
        reads(text, { calls }, { content });
      }
    }
    reads(
      '<tool_call>x<tool_call>{"name": "f", "arguments": {}}</tool_call>',
      { calls: tagged },
      {
        content: "<tool_call>x",
        calls: [{ name: "f", arguments: "{}" }],
      },
    );
  });

  test("is content where there are no tools", () => {
    reads(
      '<tool_call>{"name": "f", "arguments": {}}</tool_call>',
      {},
      {
        content: '<tool_call>{"name": "f", "arguments": {}}</tool_call>',
      },
    );
  });
});

describe("an answer that is cut", () => {
  test("keeps what it has of a call's arguments", () => {
    const text = '<tool_call>\n{"name": "f", "arguments": {"a": "b';
    reads(text, { calls: tagged }, { calls: [{ name: "f", arguments: '{"a": "b' }] });
    const reader = answerReader({ calls: tagged });
    reader.push(text);
    assert.equal(reader.section, "call");
    reader.push('"}}\n</tool_call>');
    assert.equal(reader.section, "content");
  });

  test("shows nothing of a call before its arguments", () => {
    for (const text of ["Hm <tool_call>", 'Hm <tool_call>\n{"name": "f', 'Hm <tool_call>\n{"name": "f", "argu'])
      reads(text, { calls: tagged }, { content: "Hm" });
  });
});

describe("reasoning is read", () => {
  test("where the answer begins with it", () => {
    const reasoning = thinking(false);
    reads("<think>\nTwo and two.\n</think>\n\nFour. ", { reasoning }, { reasoning: "Two and two.", content: "Four. " });
    reads("\n<think>a</thin</think>b", { reasoning }, { reasoning: "a</thin", content: "b" });
    reads("x <think>a</think>b", { reasoning }, { content: "x <think>a</think>b" });
    reads("<think>a</think><think>b</think>", { reasoning }, { reasoning: "a", content: "<think>b</think>" });
    reads("<thin", { reasoning }, { content: "<thin" });
  });

  test("where the prompt has opened it", () => {
    const reasoning = thinking(true);
    reads("a b\n</think>c", { reasoning }, { reasoning: "a b", content: "c" });
    reads("a b </thi", { reasoning }, { reasoning: "a b </thi" });
    reads("</think>c", { reasoning }, { content: "c" });
  });

  test("with calls only behind it", () => {
    const call = '<tool_call>\n{"name": "f", "arguments": {"a":1}}\n</tool_call>';
    const expected = { reasoning: `so ${call}`, calls: [{ name: "f", arguments: '{"a":1}' }] };
    reads(`<think>so ${call}</think>\n\n${call}`, { calls: tagged, reasoning: thinking(false) }, expected);
    reads(`so ${call}\n</think>\n${call}`, { calls: tagged, reasoning: thinking(true) }, expected);
    const object = '{"name": "f", "arguments": {"a":1}}';
    reads(`</think>\n\n${object}`, { calls: objects, reasoning: thinking(true) }, { calls: expected.calls });
  });
});
