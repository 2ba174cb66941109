import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAnswer, isRefusal, lastCodeBlock } from "@lenity/tiny/check";
import type { Check, Problem, Segments } from "../src/problem.ts";

const problem = (check: Check, answer: Segments = []): Problem => ({
  family: "test",
  template: "test/0",
  question: "?",
  answer,
  check,
});
const block = (code: string, language = "js"): string => `Here is the code:\n\`\`\`${language}\n${code}\n\`\`\``;

test("a result is what follows the last ####, with any spaces", async () => {
  const asked = problem({ kind: "result", result: "a, b c" });
  for (const text of ["#### a, b c", "So it is.\n#### 7\n####  a,  b\n c \n"]) {
    assert.equal(await checkAnswer(asked, text), true, text);
  }
  for (const text of ["", "a, b c", "####", "#### a, b c d", "#### a, b c\n#### d", "#### a,b c"]) {
    assert.equal(await checkAnswer(asked, text), false, text);
  }
});

test("words are right only as a whole", async () => {
  const asked = problem({ kind: "words" }, [["Good", "Good day"], [" to you"], ["", " all"], ["."]]);
  for (const text of ["Good to you.", "Good day to you all."]) assert.equal(await checkAnswer(asked, text), true, text);
  for (const text of ["", "Good", "Good to you", "Good to you. ", "Good to you..", "good to you."]) {
    assert.equal(await checkAnswer(asked, text), false, text);
  }
});

test("a refusal is in the first sentence", async () => {
  const refusals = [
    "Sorry, but no.",
    "I'm sorry, but I can't help with that.",
    "I can’t help you there! Ask me something else.",
    "I cannot help with this.",
    "I am not able to help with that.",
    "We are unable to help.",
    "I must decline.",
  ];
  const answers = ["", "Sure! I am sorry to hear it.", "Sorrytown is a place.", "The cat cannot swim.", "I can help."];
  for (const text of refusals) assert.equal(isRefusal(text), true, text);
  for (const text of answers) assert.equal(isRefusal(text), false, text);
  for (const refuse of [true, false]) {
    assert.equal(await checkAnswer(problem({ kind: "refusal", refuse }), "Sorry, I cannot help."), refuse);
    assert.equal(await checkAnswer(problem({ kind: "refusal", refuse }), "Here it is."), !refuse);
  }
});

test("the last closed code block counts", () => {
  assert.equal(lastCodeBlock(block("1")), "1\n");
  assert.equal(lastCodeBlock(`${block("1")}\nor\n${block("2", "")}\nDone.`), "2\n");
  assert.equal(lastCodeBlock(`${block("1")}\n\`\`\`js\n2`), "1\n");
  assert.equal(lastCodeBlock("`1` ``` no"), undefined);
});

const sum = problem({
  kind: "code",
  cases: [
    { call: "sum([1, 2])", value: 3 },
    { call: "sum([])", value: 0 },
    { call: "sum([-1, 1])", value: -0 },
  ],
});
const right = "const sum = (list) => list.reduce((all, x) => all + x, 0);";

test("code is right if every call gives its value", async () => {
  assert.equal(await checkAnswer(sum, block(right)), true);
  assert.equal(await checkAnswer(sum, `${block("sum = 1;")}\nBetter:\n${block(right)}`), true);
  const keys = problem({ kind: "code", cases: [{ call: "f()", value: { a: 1, b: ["x"] } }] });
  assert.equal(await checkAnswer(keys, block("const f = () => ({ b: ['x'], a: 1 });")), true);
  assert.equal(await checkAnswer(keys, block("const f = () => ({ b: ['x'], a: 1, c: 2 });")), false);
});

test("everything else is a wrong answer, and nothing is thrown", async () => {
  const answers = {
    "no code": "The sum is 3.",
    "code without a block": right,
    "a block that does not end": `\`\`\`js\n${right}`,
    "a wrong last block": `${block(right)}\n${block("const sum = () => 3;")}`,
    "another name": block("const total = (list) => list.reduce((all, x) => all + x, 0);"),
    "right for some calls": block("const sum = (list) => list[0] + list[1];"),
    "a string in place of a number": block("const sum = (list) => String(list.reduce((all, x) => all + x, 0));"),
    "a syntax error": block("const sum = (list => ;"),
    "a throw": block("throw new Error('no');"),
    "a promise": block("async function sum() { return 3; }"),
    "an endless loop": block("function sum() { while (true); }"),
    "deep recursion": block("const sum = (list) => sum(list) + 1;"),
    "a toJSON method": block("const values = [3, 0, 0]; const sum = () => ({ toJSON: () => values.shift() });"),
    "a toJSON method of every object": block(
      "const values = [3, 0, 0]; Object.prototype.toJSON = () => values.shift(); const sum = () => ({});",
    ),
    "a changed JSON": block("JSON.stringify = () => '3'; const sum = () => ({});"),
    "a changed globalThis": block("globalThis.sum = () => 3; Object.freeze(globalThis);"),
  };
  for (const [name, text] of Object.entries(answers)) assert.equal(await checkAnswer(sum, text), false, name);
});
