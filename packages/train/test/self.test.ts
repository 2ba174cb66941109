import assert from "node:assert/strict";
import { test } from "node:test";
import { argmax, type Token } from "@lenity/core";
import { randomModel } from "@lenity/core/testing";
import { chooseTau, type LabelledAnswer, selfLabels, substitutionScores } from "../src/index.ts";
import { digits, greedily, logLikelihood, randomPair } from "./tables.ts";

/** The definition of s, with a pass for every token. */
function direct(
  model: Parameters<typeof logLikelihood>[0],
  prompt: readonly Token[],
  answer: readonly Token[],
  [at, token]: readonly [number, Token],
  suffix: number,
): number {
  const context = [...prompt, ...answer.slice(0, at)];
  const rest = answer.slice(at + 1, at + 1 + suffix);
  const of = (own: Token) => logLikelihood(model, context, [own]) + logLikelihood(model, [...context, own], rest);
  return of(token) - of(answer[at] as Token);
}

test("scores equal the definition, for every place of a long answer and for several suffixes", async () => {
  const target = randomModel({ seed: 4, vocabulary: 12, order: 1000 });
  const answer = Array.from({ length: 75 }, (_, i) => (i * 7) % 12);
  const substitutions = new Map(answer.map((token, at) => [at, (token + 1 + (at % 10)) % 12]));
  for (const suffix of [0, 1, 20, 100]) {
    const scores = await substitutionScores([5, 6], answer, substitutions, { target, suffix });
    assert.equal(scores.size, answer.length);
    for (const [at, token] of substitutions) {
      const expected = direct(target, [5, 6], answer, [at, token], suffix);
      assert.ok(Math.abs((scores.get(at) as number) - expected) < 1e-4, `${suffix} ${at}`);
    }
  }
  assert.equal(target.openSessions, 0);
});

test("a few substitutions score the same as among all, and none need no pass", async () => {
  const target = randomModel({ seed: 9, vocabulary: 12, order: 1000 });
  const answer = Array.from({ length: 50 }, (_, i) => (i * 5) % 12);
  const all = new Map(answer.map((token, at) => [at, (token + 3) % 12]));
  const some = new Map([...all].filter(([at]) => at === 41 || at === 17));
  const [few, every] = await Promise.all([some, all].map((each) => substitutionScores([1], answer, each, { target })));
  assert.deepEqual(
    [...(few as Map<number, number>)].sort(),
    [...(every as Map<number, number>)].filter(([at]) => some.has(at)).sort(),
  );
  assert.equal((await substitutionScores([1], answer, new Map(), { target })).size, 0);
});

test("self labels every mismatch of the draft along the target's answer, fine where s is above τ", async () => {
  const seen = { fine: 0, rejected: 0 };
  for (let seed = 0; seed < 30; seed++) {
    const { target, draft } = randomPair(seed);
    const tau = -9;
    const options = { target, draft, tokenizer: digits, suffix: 6, tau, maxTokens: 45 };
    const labelled = await selfLabels({ group: "g" }, [2, seed % 9], options);
    const { tokens } = greedily(target, [2, seed % 9], [], 45);
    const mismatches = tokens.flatMap((own, at) => {
      const token = argmax(draft.logits([2, seed % 9, ...tokens.slice(0, at)]));
      return token === own || token === 9 || own === 9 ? [] : [[at, token] as const];
    });
    assert.deepEqual({ ...labelled, labels: [] }, { group: "g", prompt: [2, seed % 9], answer: tokens, labels: [] });
    assert.deepEqual(
      labelled.labels.map(({ at, token }) => [at, token]),
      mismatches,
    );
    for (const { at, token, fine, score = Number.NaN } of labelled.labels) {
      assert.ok(Math.abs(score - direct(target, [2, seed % 9], tokens, [at, token], 6)) < 1e-3);
      assert.equal(fine, score > tau);
      seen[fine ? "fine" : "rejected"]++;
    }
    assert.deepEqual([target.openSessions, draft.openSessions], [0, 0]);
  }
  assert.ok(seen.fine > 20 && seen.rejected > 20, JSON.stringify(seen));
});

test("τ is the lowest that rejects the share of the mined tokens that matter", async () => {
  const target = randomModel({ seed: 3, vocabulary: 12, order: 1000 });
  const answer = Array.from({ length: 40 }, (_, i) => (i * 7) % 12);
  const labels = answer.map((token, at) => ({ at, token: (token + 5) % 12, fine: at % 2 === 0 }));
  const mined: LabelledAnswer[] = [
    { prompt: [1], answer, labels: labels.slice(0, 20) },
    { prompt: [2], answer, labels: labels.slice(20) },
    { prompt: [3], answer, labels: [] },
  ];
  const scores = labels
    .filter(({ fine }) => !fine)
    .map(({ at, token }) => direct(target, [at < 20 ? 1 : 2], answer, [at, token], 20));
  for (const share of [0.5, 0.9, 1]) {
    const tau = await chooseTau(mined, { target }, share);
    const rejected = (limit: number) => scores.filter((score) => score <= limit).length / scores.length;
    assert.ok(rejected(tau) >= share, `${share}`);
    assert.ok(rejected(tau - 3e-4) < share, `${share}`);
  }
  await assert.rejects(chooseTau(mined.slice(2), { target }), /none of the 1 mined answers has one/);
});
