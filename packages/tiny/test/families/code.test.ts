import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { checkAnswer, lastCodeBlock, runFunction } from "@lenity/tiny/check";
import { code } from "../../src/families/code.ts";
import { drawProblem, type Family, firstError, type Problem, phrase, type Side } from "../../src/problem.ts";
import { checkSides, tokens } from "./texts.ts";

const sides: readonly Side[] = ["train", "held-out", "reworded"];

/** Problems of every side, `count` for each story and side. */
function* problems(count: number, seed: number): Generator<{ problem: Problem; random: () => number; side: Side }> {
  const random = seeded(seed);
  for (const story of code.stories) {
    const one: Family = { ...code, stories: [story] };
    for (const side of sides) {
      for (let i = 0; i < count; i++) yield { problem: drawProblem(one, random, side), random, side };
    }
  }
}

const operations: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};

/** The cases of a problem; all of the family are checked by code. */
function casesOf({ check }: Problem): readonly { readonly call: string; readonly value: unknown }[] {
  assert.equal(check.kind, "code");
  return check.kind === "code" ? check.cases : [];
}

test("every phrasing is right to its end, without leftovers of templates, and of a length that a small model can learn", () => {
  for (const { problem, random } of problems(100, 1)) {
    const { question, answer } = problem;
    const text = phrase(answer, random);
    assert.equal(firstError(answer, text), text.length);
    const [prose = ""] = text.split("```");
    assert.doesNotMatch(question + prose, /[{}|]|undefined|NaN| {2}|\bin in\b|####/);
    assert.doesNotMatch(text, /undefined|NaN/);
    assert.match(question, /^[A-Za-z].*[.?]$/);
    assert.ok(tokens(text) >= 60 && tokens(text) <= 220, `${tokens(text)} tokens: ${text}`);
    assert.ok(tokens(question + text) <= 330, `${tokens(question + text)} tokens: ${question} ${text}`);
  }
});

test("every equation is true, small, and the stated result is that of the first call", () => {
  for (const { problem, random } of problems(100, 2)) {
    const text = phrase(problem.answer, random);
    const [prose = ""] = text.split("```");
    for (const [equation, a, sign, b, c] of prose.matchAll(/(\d+) ([-+*]) (\d+) = (-?\d+)/g)) {
      assert.equal(operations[sign as string]?.(Number(a), Number(b)), Number(c), equation);
      assert.ok(Number(c) >= 0 && Number(c) < 1000, equation);
    }
    const stated = prose.match(/(?:the result is|the answer is|it returns) (.*?)\. [A-Z]/)?.[1];
    assert.deepEqual(JSON.parse(stated ?? ""), casesOf(problem)[0]?.value, prose);
  }
});

test("every style of the code gives the values of the cases, in the sandbox", async () => {
  for (const { problem, random } of problems(8, 3)) {
    const cases = casesOf(problem);
    assert.ok(cases.length >= 3 && cases.length <= 5);
    assert.equal(await checkAnswer(problem, phrase(problem.answer, random)), true);
    const blocks = new Set(problem.answer.at(-1)?.map((option) => lastCodeBlock(option)));
    assert.ok(blocks.size >= 2 && blocks.size <= 4);
    const calls = cases.map(({ call }) => call);
    const wanted = JSON.parse(JSON.stringify(cases.map(({ value }) => ({ value }))));
    for (const block of blocks) assert.deepEqual(await runFunction(block ?? "", calls), wanted, `${block}`);
  }
});

/** Whether a question's condition, in words, holds for a number. */
function holds(condition: string, number: number): boolean {
  const limit = Number(condition.match(/\d+$/)?.[0]);
  if (/^(even|odd) numbers$/.test(condition)) return (number % 2 === 0) === condition.startsWith("even");
  if (condition.startsWith("multiples of")) return number % limit === 0;
  if (/ (above|over|greater than) \d+$/.test(condition)) return number > limit;
  if (/ (below|under|less than) \d+$/.test(condition)) return number < limit;
  if (/ at least \d+$/.test(condition)) return number >= limit;
  assert.match(condition, / at most \d+$/);
  return number <= limit;
}

test("what the question says about lists of numbers is what the cases check", () => {
  const random = seeded(4);
  const aggregates: Record<string, (kept: readonly number[]) => number> = {
    "the sum of the": (kept) => kept.reduce((sum, number) => sum + number, 0),
    "the count of": (kept) => kept.length,
    "the largest of the": (kept) => [...kept].sort((a, b) => b - a)[0] ?? 0,
    "the smallest of the": (kept) => [...kept].sort((a, b) => a - b)[0] ?? 0,
  };
  const stories = code.stories.filter(({ name }) => ["sum", "count", "extreme"].includes(name));
  for (let i = 0; i < 2000; i++) {
    const problem = drawProblem({ ...code, stories }, random, "reworded");
    const [, aggregate, condition] =
      problem.question.match(/should return (the (?:\w+ of the|count of)) (.*?)(?:, or 0 if there are none)?\. /) ?? [];
    for (const { call, value } of casesOf(problem)) {
      const numbers: number[] = JSON.parse(call.slice(call.indexOf("(") + 1, -1));
      const kept = numbers.filter((number) => holds(condition as string, number));
      assert.equal(aggregates[aggregate as string]?.(kept), value, `${problem.question} ${call}`);
    }
  }
});

test("a wrong number in the code is a wrong answer, and so is an answer without code", async () => {
  const random = seeded(5);
  let wrong = 0;
  for (let i = 0; i < 60; i++) {
    const problem = drawProblem({ ...code, stories: code.stories.slice(0, 3) }, random, "held-out");
    const text = phrase(problem.answer, random);
    const [prose = "", block = ""] = text.split("```js");
    assert.equal(await checkAnswer(problem, prose), false);
    const changed = block.replace(/(?<=[<>]=? )\d+/, (digits) => `${Number(digits) + 2}`);
    if (changed === block) continue;
    wrong++;
    assert.equal(await checkAnswer(problem, `${prose}\`\`\`js${changed}`), false, changed);
  }
  assert.ok(wrong > 10);
});

test("no word of a kind is in the code, so a slip of the reasoning never changes it", () => {
  const words = new Set(code.kinds.flat());
  for (const { problem } of problems(30, 6)) {
    for (const option of problem.answer.at(-1) ?? []) {
      const found = option.match(/[A-Za-z]+/g)?.filter((word) => words.has(word));
      assert.deepEqual(found, []);
    }
  }
});

test("the last wording of a story is used only on the side `reworded`", () => {
  checkSides(code, 600);
});

test("there are many instances of every story", () => {
  const random = seeded(7);
  for (const story of code.stories) {
    const seen = new Set(Array.from({ length: 3000 }, () => story.draw(random)?.values.join()));
    assert.ok(seen.size > 700, `${story.name} has ${seen.size}`);
  }
});
