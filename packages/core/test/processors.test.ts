/** What each processor does to a row, by its formula. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bannedTokens,
  frequencyPenalty,
  type LogitsProcessor,
  logitBias,
  minimumLength,
  presencePenalty,
  repetitionPenalty,
  type Token,
} from "@lenity/core";

/** The prompt is 1, 1, 2; the answer so far 3, 3, 4. */
const tokens = [1, 1, 2, 3, 3, 4];
const promptLength = 3;
const row = [0.5, 2, -2, 3, -3, 1];
const shaped = (processor: LogitsProcessor, before: readonly Token[] = tokens): number[] => {
  const logits = Float32Array.from(row);
  processor.process(logits, before, promptLength);
  return [...logits];
};
const low = Number.NEGATIVE_INFINITY;

test("the repetition penalty divides positive and multiplies negative logits of what stands in prompt or answer, once", () => {
  assert.deepEqual(shaped(repetitionPenalty(2)), [0.5, 1, -4, 1.5, -6, 1]);
  assert.deepEqual(shaped(repetitionPenalty(0.5)), [0.5, 4, -1, 6, -1.5, 1]);
  assert.deepEqual(shaped(repetitionPenalty(1)), row);
});

test("the presence penalty is subtracted once for each token of the answer, and the prompt does not count", () => {
  assert.deepEqual(shaped(presencePenalty(1.5)), [0.5, 2, -2, 1.5, -4.5, 1]);
  assert.deepEqual(shaped(presencePenalty(-1)), [0.5, 2, -2, 4, -2, 1]);
  assert.deepEqual(shaped(presencePenalty(0)), row);
});

test("the frequency penalty is subtracted for each time that a token stands in the answer", () => {
  assert.deepEqual(shaped(frequencyPenalty(1.5)), [0.5, 2, -2, 0, -4.5, 1]);
  assert.deepEqual(shaped(frequencyPenalty(0)), row);
});

test("a penalty of a row does not depend on rows before it", () => {
  for (const processor of [repetitionPenalty(2), presencePenalty(1), frequencyPenalty(1)]) {
    const once = shaped(processor);
    shaped(processor, [...tokens, 5, 0, 5]);
    shaped(processor, [1, 2, 3]);
    assert.deepEqual(shaped(processor), once);
  }
});

test("a logit bias is added, and one of −100 bans the token", () => {
  assert.deepEqual(shaped(logitBias({ 0: 1, 3: -4, 5: -100, 99: 1 })), [1.5, 2, -2, -1, -3, low]);
  assert.deepEqual(shaped(logitBias({})), row);
});

test("the end is banned until the answer has the minimum length", () => {
  assert.deepEqual(shaped(minimumLength(4, [0, 2])), [low, 2, low, 3, -3, 1]);
  assert.deepEqual(shaped(minimumLength(3, [0, 2])), row);
});

test("banned ids are banned", () => {
  assert.deepEqual(shaped(bannedTokens([5, 1, 99])), [0.5, low, -2, 3, -3, low]);
});

describe("refuses", () => {
  test("penalties that are no numbers, or out of range", () => {
    const path = (name: string) => ({ code: "invalid_request", path: name });
    assert.throws(() => repetitionPenalty(0), path("repetitionPenalty"));
    assert.throws(() => repetitionPenalty(Number.POSITIVE_INFINITY), path("repetitionPenalty"));
    assert.throws(() => presencePenalty(Number.NaN), path("presencePenalty"));
    assert.throws(() => frequencyPenalty(Number.POSITIVE_INFINITY), path("frequencyPenalty"));
  });
  test("biases of what is no token, or that are not finite", () => {
    assert.throws(() => logitBias({ 5: Number.NaN }), { code: "invalid_request", path: "logitBias" });
    assert.throws(() => logitBias({ [-1]: 1 }), /token -1 the bias 1/);
    assert.throws(() => logitBias({ the: 1 } as Record<number, number>), { path: "logitBias" });
  });
  test("a minimum length that is no length", () => {
    for (const length of [-1, 1.5, Number.NaN])
      assert.throws(() => minimumLength(length, [0]), { code: "invalid_request", path: "minimumLength" });
  });
});
