import assert from "node:assert/strict";
import { test } from "node:test";
import { answerCheck, answerLoss, type Prompt } from "../src/index.ts";

const prompt: Prompt = { question: "How many?", answer: "#### 7", line: {} };
const [right, other, wrong] = ["so 7", "so 07", "so 8"];

test("wrong is 1 for a wrong answer, whatever strict verification says", async () => {
  const loss = answerLoss("wrong", await answerCheck("number"));
  assert.deepEqual(await Promise.all([loss(right, prompt, wrong), loss(wrong, prompt, right)]), [0, 1]);
  assert.equal(await loss(wrong, prompt, wrong), 1);
});

test("changed is 1 for another result than that of strict verification, with or without a reference", async () => {
  const loss = answerLoss("changed", await answerCheck("number"));
  for (const each of [prompt, { ...prompt, answer: undefined }]) {
    assert.deepEqual(
      await Promise.all([loss(other, each, right), loss(wrong, each, right), loss(right, each, wrong)]),
      [0, 1, 1],
    );
    assert.equal(await loss(wrong, each, wrong), 0);
    assert.equal(await loss("no number", each, "no number"), 0);
  }
  assert.equal(await answerLoss("changed", await answerCheck("exact"))(other, prompt, right), 1);
});

test("drop is 1 only where strict verification is right and this is not", async () => {
  const loss = answerLoss("drop", await answerCheck("number"));
  const pairs = [
    [right, right],
    [right, wrong],
    [wrong, right],
    [wrong, wrong],
  ] as const;
  assert.deepEqual(await Promise.all(pairs.map(([text, strict]) => loss(text, prompt, strict))), [0, 0, 1, 0]);
});
