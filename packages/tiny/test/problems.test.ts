import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { familyNames, firstError, phrase, readResult, smallTalk, wordProblem } from "@lenity/tiny";

test("every phrasing of an answer is right to its last character, and states the result", () => {
  const random = seeded(1);
  for (let i = 0; i < 2000; i++) {
    const problem = wordProblem(random, i % 2 === 0 ? "train" : "held-out");
    const text = phrase(problem.answer, random);
    assert.equal(firstError(problem.answer, text), text.length);
    assert.equal(readResult(text), problem.result);
    assert.ok((problem.result as number) >= 0);
  }
});

test("the equations of every answer are true", () => {
  const random = seeded(2);
  for (let i = 0; i < 1000; i++) {
    for (const [, a, sign, b, c] of phrase(wordProblem(random, "train").answer, random).matchAll(
      /(\d+) ([-+*/]) (\d+) = (\d+)/g,
    )) {
      const [x, y] = [Number(a), Number(b)];
      assert.equal({ "+": x + y, "-": x - y, "*": x * y, "/": x / y }[sign as "+"], Number(c));
    }
  }
});

test("a changed digit is the first error, and a cut answer is none", () => {
  const random = seeded(3);
  for (let i = 0; i < 500; i++) {
    const problem = wordProblem(random, "train");
    const text = phrase(problem.answer, random);
    const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
    const at = digits[Math.floor(random() * digits.length)] as number;
    const wrong = `${text.slice(0, at)}${(Number(text[at]) + 1) % 10}${text.slice(at + 1)}`;
    assert.equal(firstError(problem.answer, wrong), at);
    assert.equal(firstError(problem.answer, text.slice(0, at)), at);
  }
});

test("no held-out problem has the numbers of a training problem", () => {
  const random = seeded(4);
  const tuples = (side: "train" | "held-out") =>
    new Set(
      Array.from({ length: 5000 }, () => wordProblem(random, side)).map(
        ({ family, numbers }) => `${family} ${numbers}`,
      ),
    );
  const [train, heldOut] = [tuples("train"), tuples("held-out")];
  assert.ok(heldOut.size > 1000);
  assert.deepEqual(
    [...heldOut].filter((tuple) => train.has(tuple)),
    [],
  );
});

test("all families and small talk appear", () => {
  const random = seeded(5);
  const seen = new Set(Array.from({ length: 500 }, () => wordProblem(random, "train").family));
  assert.deepEqual([...seen].sort(), [...familyNames].sort());
  assert.equal(smallTalk(random).result, undefined);
});

test("the result is the number after the last ####", () => {
  assert.equal(readResult("a\n#### 12"), 12);
  assert.equal(readResult("#### 1 #### 2"), 2);
  assert.equal(readResult("12"), undefined);
});
