/** Labels of the built-in pair, checked with the generator that knows the right answers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { argmax, complete, seeded, type Token, type Tokenizer } from "@lenity/core";
import { loadModel, loadTokenizer, type OnnxModel, onnxDrafter } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import { draftedSpans, mineLabels, sameNumber, selfLabels } from "../src/index.ts";

const random = seeded(1);
const problems = Array.from({ length: 3 }, () => tiny.problem(random, "train", "words"));
let target: OnnxModel;
let draft: OnnxModel;
let tokenizer: Tokenizer;

before(async () => {
  const folder = fileURLToPath(tiny.target);
  [target, draft, tokenizer] = await Promise.all([
    loadModel(folder, { threads: 1 }),
    loadModel(fileURLToPath(tiny.draft), { threads: 1 }),
    loadTokenizer(folder),
  ]);
});
after(async () => {
  await Promise.all([target.close(), draft.close()]);
});

const promptOf = ({ question }: tiny.Problem) => tokenizer.encode(`<|user|>${question}<|end|><|assistant|>`);
const pair = () => ({ target, draft, tokenizer, drafter: () => onnxDrafter(draft), maxTokens: 200 });
/** The result of the target's plain answer that begins with these tokens. */
async function resultOf(prompt: readonly Token[], start: readonly Token[]): Promise<string | undefined> {
  const { tokens } = await complete([...prompt, ...start], { target, tokenizer, maxTokens: 200 - start.length });
  return tiny.readResult(tokenizer.decode([...start, ...tokens.map(({ token }) => token)]));
}
/** What the draft would choose after these tokens. */
async function draftChoice(context: readonly Token[]): Promise<Token> {
  const session = await draft.open();
  const { logits } = await session.append(context, { rows: 1 });
  await session.close();
  return argmax(logits);
}

test("mining: the draft's token changes the target's result exactly where it is labelled as not fine", async () => {
  let important = 0;
  for (const problem of problems) {
    const prompt = promptOf(problem);
    const own = await resultOf(prompt, []);
    const mined = await mineLabels({ question: problem.question, line: {} }, prompt, { ...pair(), check: sameNumber });
    assert.equal(await resultOf(prompt, mined.answer.slice(0, -1)), own);
    assert.ok(mined.labels.length > 0);
    for (const { at, token, fine } of mined.labels) {
      const before = mined.answer.slice(0, at);
      assert.equal(token, await draftChoice([...prompt, ...before]));
      assert.equal((await resultOf(prompt, [...before, token])) === own, fine);
      assert.equal(mined.answer[at] === token, fine);
      if (!fine) important++;
    }
  }
  assert.ok(important > 0);
});

test("self: wrong numbers score lower than other words", async () => {
  const [numbers, words]: [number[], number[]] = [[], []];
  for (const problem of problems) {
    const { answer, labels } = await selfLabels({ group: problem.family }, promptOf(problem), pair());
    const { tokens } = await complete(promptOf(problem), { target, tokenizer, maxTokens: 200 });
    assert.deepEqual(
      answer,
      tokens.map(({ token }) => token),
    );
    for (const { at, token, score } of labels) {
      const wrong = tiny.firstError(problem.answer, tokenizer.decode([...answer.slice(0, at), token]));
      const list = wrong < tokenizer.decode([...answer.slice(0, at), token]).length ? numbers : words;
      list.push(score as number);
    }
  }
  const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;
  assert.ok(numbers.length > 0 && words.length > 0);
  assert.ok(mean(numbers) < mean(words) - 5, `${mean(numbers)} ${mean(words)}`);
});

test("drafted spans: a token is fine exactly if the answer up to it is the beginning of a right one", async () => {
  const seen = { fine: 0, errors: 0 };
  for (let seed = 0; seed < 6; seed++) {
    const problem = problems[seed % problems.length] as tiny.Problem;
    const firstError = (text: string) => tiny.firstError(problem.answer, text);
    const prompt = { group: problem.family, tokens: promptOf(problem) };
    const { answer, labels } = await draftedSpans(prompt, { ...pair(), firstError, random: seeded(seed) });
    for (const { at, token, fine } of labels) {
      const text = tokenizer.decode([...answer.slice(0, at), token]);
      assert.equal(fine, firstError(text) === text.length);
      seen[fine ? "fine" : "errors"]++;
    }
  }
  assert.ok(seen.fine > 100 && seen.errors > 0, JSON.stringify(seen));
});
