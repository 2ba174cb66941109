import assert from "node:assert/strict";
import { test } from "node:test";
import { argmax, type Token } from "@lenity/core";
import { randomModel, type TableModel } from "@lenity/core/testing";
import { type AnswerCheck, type Label, mineLabels, type Prompt } from "../src/index.ts";
import { digits, greedily, randomPair } from "./tables.ts";

const prompt: Prompt = { question: "q", group: "g", line: {} };
/** The result of an answer is the remainder of the sum of its digits. */
const result = (text: string) => [...text].reduce((sum, digit) => sum + Number(digit), 0) % 3;
const sameResult: AnswerCheck = (text, { answer = "" }) => result(text) === result(answer);
const most = 24;

/** Algorithm 1 of AutoJudge, written down without sessions. */
function search(target: TableModel, draft: TableModel, start: readonly Token[], answer: string) {
  let { tokens } = greedily(target, start, [], most);
  const labels: Label[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = argmax(draft.logits([...start, ...tokens.slice(0, at)]));
    if (token === tokens[at] || token === 9 || tokens[at] === 9) continue;
    const other = greedily(target, start, [...tokens.slice(0, at), token], most);
    const fine = other.finished && result(digits.decode(other.tokens)) === result(answer);
    labels.push({ at, token, fine });
    if (fine) tokens = other.tokens;
  }
  return { group: "g", prompt: start, answer: tokens, labels };
}

test("mining finds what algorithm 1 finds, against the target's own answer and against a reference", async () => {
  const seen = { fine: 0, important: 0 };
  for (let seed = 0; seed < 100; seed++) {
    const { target, draft } = randomPair(seed);
    const start = [seed % 9, 1];
    const own = greedily(target, start, [], most);
    const options = { target, draft, tokenizer: digits, check: sameResult, maxTokens: most };
    const reference = seed % 2 === 0 ? undefined : "123";
    const mined = await mineLabels({ ...prompt, answer: reference }, start, options);
    const text = digits.decode(own.tokens);
    const solved = own.finished && (reference === undefined || result(text) === result(reference));
    const expected = search(target, draft, start, reference ?? text);
    assert.deepEqual(mined, solved ? expected : { ...expected, answer: own.tokens, labels: [] });
    seen.fine += mined.labels.filter(({ fine }) => fine).length;
    seen.important += mined.labels.filter(({ fine }) => !fine).length;
    assert.deepEqual([target.openSessions, draft.openSessions], [0, 0]);
  }
  assert.ok(seen.fine > 30 && seen.important > 30, JSON.stringify(seen));
});

test("an answer that is cut off has no result: there are no labels", async () => {
  const target = randomModel({ seed: 1, vocabulary: 10, eos: [] });
  const draft = randomModel({ seed: 2, vocabulary: 10, eos: [] });
  const { labels } = await mineLabels(prompt, [1], {
    ...{ target, draft, tokenizer: digits, check: () => true, maxTokens: 8 },
  });
  assert.deepEqual(labels, []);
});

test("positions whose context the draft model cannot read, or does not hold, get no labels", async () => {
  let beyond = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { target, draft } = randomPair(seed);
    const short: TableModel = { ...draft, contextLength: 6 };
    const options = { target, tokenizer: digits, check: () => true, maxTokens: most };
    const [all, some] = [
      await mineLabels(prompt, [1, 2], { ...options, draft }),
      await mineLabels(prompt, [1, 2], { ...options, draft: short }),
    ];
    // A context of 6 tokens is the prompt and 4 tokens of the answer, which predict the fifth.
    assert.deepEqual(
      some.labels,
      all.labels.filter(({ at }) => at <= 4),
    );
    beyond += all.labels.length - some.labels.length;
  }
  assert.ok(beyond > 10);
});
