import assert from "node:assert/strict";
import { test } from "node:test";
import { LenityError } from "@lenity/core";
import { parsePrompts, readPrompts } from "../src/index.ts";

test("a prompt file's lines become prompts: one answer is a list, a number is text, other fields stay in the line", () => {
  const sum = { question: "2 + 3?", answer: 5, right: "5", wrong: ["6", "7"], group: "sums" };
  const lines = [{ ...sum, level: 3 }, { question: "Who?" }];
  const text = `${JSON.stringify(lines[0])}\r\n\n${JSON.stringify(lines[1])}`;
  const [first, second, ...more] = parsePrompts(text);
  assert.deepEqual(first, { ...sum, answer: "5", right: ["5"], line: lines[0] });
  assert.deepEqual([second?.question, second?.answer, second?.right, more], ["Who?", undefined, undefined, []]);
});

test("a line that is not a prompt is refused with its number, what it has and what was expected", () => {
  const refused = (line: string, pattern: RegExp) =>
    assert.throws(
      () => parsePrompts(`{"question": "a"}\n${line}`, "p.jsonl"),
      (error) => error instanceof LenityError && error.code === "invalid_request" && pattern.test(error.message),
    );
  refused("{", /^p\.jsonl, line 2 is not JSON: "\{"\. Expected an object with "question"/);
  refused('{"question": ""}', /line 2 is not a prompt: "question" is an empty string/);
  refused('{"prompt": "a"}', /line 2 is not a prompt: "question" is undefined/);
  refused('{"question": "a", "right": 3}', /line 2 is not a prompt: "right" is 3/);
  refused("[]", /line 2 is not a prompt/);
  refused("null", /line 2 is not a prompt: null/);
});

test("a file without prompts, and one that is missing, are refused", async () => {
  assert.throws(() => parsePrompts("\n"), /has no prompts/);
  await assert.rejects(readPrompts("no-such-file.jsonl"), /Cannot read the prompts: .*no-such-file/);
});
