import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Drafter, lookupDrafter, modelDrafter, seeded, type Token } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { draftedSpans, firstWrongToken, type Prompt, spanAnswers, spanLabels } from "../src/index.ts";
import { eos, letters } from "./letters.ts";
import { digits, greedily } from "./tables.ts";

const question = letters.encode("q");
const asked = (right: readonly string[], wrong: readonly string[] = []): Prompt => ({
  question: "q",
  right,
  wrong,
  group: "g",
  line: {},
});
/** Labels as text: fine tokens are small, the others are capitals. */
const marked = (answers: ReturnType<typeof spanAnswers>) =>
  answers.map(({ labels }) =>
    labels.map(({ token, fine }) => (fine ? letters.decode([token]) : letters.decode([token]).toUpperCase())).join(""),
  );

describe("spans of right and wrong answers", () => {
  test("a wrong answer's first error is the token with which it leaves every right answer; what follows is dropped", () => {
    const answers = spanAnswers(asked(["abcd", "abxyz"], ["abxd", "abce", "x", "abxyzab"]), question, letters);
    assert.deepEqual(marked(answers), ["abcd", "abxyz", "abxD", "abcE", "X", "abxyzA"]);
    assert.deepEqual(answers[5], {
      group: "g",
      prompt: question,
      answer: letters.encode("abxyza"),
      labels: [...letters.encode("abxyza")].map((token, at) => ({ at, token, fine: at < 5 })),
    });
  });
  test("a wrong answer that is the beginning of a right one has no error in its tokens", () => {
    assert.deepEqual(marked(spanAnswers(asked(["abcd"], ["ab"]), question, letters)), ["abcd", "ab"]);
  });
  test("tokens after the error are labelled on request, as far as there are any", () => {
    const prompt = asked(["abcd"], ["axyz", "abce"]);
    assert.deepEqual(marked(spanAnswers(prompt, question, letters, { after: 2 })), ["abcd", "aXYZ", "abcE"]);
  });
  test("control tokens get no labels, but keep their place", () => {
    const labels = spanLabels([...letters.encode("ab"), eos], 3, { control: new Set([eos, 0]) });
    assert.deepEqual(labels, [{ at: 1, token: 1, fine: true }]);
  });
  test("a prompt without a right answer, or with one that is also wrong, is refused", () => {
    assert.throws(() => spanAnswers(asked([], ["a"]), question, letters), /"q" has no "right" answer/);
    assert.throws(() => spanAnswers(asked(["ab"], ["ab"]), question, letters), /both right and wrong, "ab"/);
  });
});

test("the first wrong token is the one with whose text a function of all right answers finds an error", () => {
  const right = ["the cat sat", "a cat sat"];
  const firstError = (text: string) => {
    const shared = right.map((other) => [...text].findIndex((letter, i) => letter !== other[i]));
    return shared.includes(-1) ? text.length : Math.max(...shared);
  };
  const at = (text: string) => firstWrongToken(letters, letters.encode(text), firstError);
  assert.deepEqual([at("the cat sat"), at("the c"), at("the dog"), at("a cat sits"), at("")], [11, 5, 4, 7, 0]);
});

describe("spans of drafted answers", () => {
  /** Right answers have no 7, 8 or 9 at even places. Token 9 is EOS. */
  const isWrong = (at: number, token: Token) => at % 2 === 0 && token > 5;
  const firstError = (text: string) => {
    const at = [...text].findIndex((digit, i) => isWrong(i, Number(digit) - 1));
    return at < 0 ? text.length : at;
  };
  const options = { vocabulary: 10, order: 1000, eos: [9], contextLength: 60 };

  test("each drafted token is labelled by the function, and after an error the answer goes on as the target wants", async () => {
    const seen = { errors: 0, replaced: 0, sampled: 0 };
    for (let seed = 0; seed < 40; seed++) {
      const target = randomModel({ ...options, seed });
      const draft = noisyModel({ ...options, seed, noise: 2 });
      const random = seeded(seed);
      const drafter = () => modelDrafter(draft);
      const labelled = await draftedSpans(
        { group: "g", tokens: [1, 2] },
        { target, drafter, tokenizer: digits, firstError, random, draftTokens: 5, maxTokens: 40 },
      );
      const { answer, labels } = labelled;
      for (const { at, token, fine } of labels) {
        assert.equal(fine, !isWrong(at, token));
        assert.notEqual(token, 9);
        if (fine) assert.equal(answer[at], token);
        else assert.equal(answer[at], greedily(target, [1, 2], answer.slice(0, at), at + 1).tokens[at]);
        if (!fine) seen.errors++;
      }
      const drafted = new Set(labels.map(({ at }) => at));
      assert.equal(drafted.size, labels.length);
      // What was not drafted is the target's choice. The last token may be an error of the target.
      for (const [at, token] of answer.entries()) {
        const own = greedily(target, [1, 2], answer.slice(0, at), at + 1).tokens[at];
        if (!drafted.has(at)) assert.equal(token, own);
        if (token !== own) seen.sampled++;
        if (at < answer.length - 1) assert.ok(token !== 9 && !isWrong(at, token));
      }
      assert.ok(answer.length === 40 || answer.at(-1) === 9 || isWrong(answer.length - 1, answer.at(-1) as Token));
      assert.deepEqual([target.openSessions, draft.openSessions], [0, 0]);
    }
    assert.ok(seen.errors > 10 && seen.sampled > 10, JSON.stringify(seen));
  });
  test("the same seed gives the same labels, another seed others", async () => {
    const labels = (seed: number) =>
      draftedSpans(
        { tokens: [3] },
        {
          target: randomModel({ ...options, seed: 5 }),
          drafter: () => modelDrafter(noisyModel({ ...options, seed: 5, noise: 3 })),
          ...{ tokenizer: digits, firstError, random: seeded(seed), maxTokens: 40 },
        },
      );
    assert.deepEqual(await labels(1), await labels(1));
    const others = await Promise.all([2, 3, 4, 5].map(labels));
    assert.ok(others.some((other) => JSON.stringify(other) !== JSON.stringify(others[0])));
  });
  test("any drafter may propose, also none of the tokens", async () => {
    const target = randomModel({ ...options, seed: 8 });
    for (const drafter of [() => lookupDrafter(), silent]) {
      const { answer, labels } = await draftedSpans(
        { tokens: [3] },
        { target, drafter, tokenizer: digits, firstError: (text) => text.length, random: seeded(1), maxTokens: 30 },
      );
      if (drafter === silent) assert.deepEqual(labels, []);
      if (drafter === silent) assert.deepEqual(answer, greedily(target, [3], [], 30).tokens);
    }
  });
});

const silent = (): Drafter => ({ name: "silent", rows: false, propose: async () => ({ tokens: [] }), close() {} });
