/**
 * Trains the AutoJudge head of the built-in pair (2504.20039, section 3), which does not need to know right answers. A
 * mismatch, where the draft would choose a different token than the target, is unimportant if the target, continuing
 * from the draft's token, reaches the same result.
 *
 * bun packages/tiny/recipe/autojudge.ts [PROBLEMS]
 *
 * One problem in five is for validation, to choose the decay by the area under the ROC curve, and the threshold by the
 * recall of important tokens. The bias is then shifted so that this threshold is 0.1, as in the preset.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AutojudgeHead, argmax, complete, importance, type Random, seeded, type Token } from "@lenity/core";
import { loadModel, loadTokenizer, onnxDrafter } from "@lenity/onnx";
import {
  autojudge as autojudgeFile,
  draft as draftFolder,
  type Problem,
  readResult,
  target as targetFolder,
  wordProblem,
} from "../src/index.ts";
import { fitLogistic } from "./logistic.ts";

/** A mismatch between draft and target. */
interface Example {
  /** The target's hidden state at the draft's token, after the final norm. */
  readonly state: Float32Array;
  readonly important: boolean;
}

const problems = Number(process.argv[2] ?? 500);
const maxTokens = 250;
/**
 * The preset's threshold, and the recall of important tokens that it should have on the validation share. Accepting a
 * wrong token spoils the answer; rejecting a good one costs only part of a round.
 */
const [threshold, recall] = [0.1, 0.99];
/** The candidates for `FitOptions.decay`. */
const decays = [1e-4, 1e-3, 1e-2, 1e-1];

const folder = fileURLToPath(targetFolder);
const [target, draft, tokenizer] = await Promise.all([
  loadModel(folder, { threads: 2 }),
  loadModel(fileURLToPath(draftFolder), { threads: 1 }),
  loadTokenizer(folder),
]);
/** Tokens that lossy rules leave to strict verification, so the head is not used for them. */
const control = new Set([...tokenizer.special, ...target.eos]);

/** The target's greedy answer that starts with these tokens, and its result. */
async function finish(
  prompt: readonly Token[],
  start: readonly Token[],
): Promise<{ answer: Token[]; result: number | undefined }> {
  const options = {
    target,
    tokenizer,
    drafter: onnxDrafter(draft),
    sampling: { temperature: 0 },
    draftTokens: 6,
    maxTokens: maxTokens - start.length,
  };
  const { tokens } = await complete([...prompt, ...start], options);
  const answer = [...start, ...tokens.map(({ token }) => token)];
  return { answer, result: readResult(tokenizer.decode(answer.filter((token) => !control.has(token)))) };
}

/** The examples of one problem, from left to right. */
async function mine(problem: Problem): Promise<Example[]> {
  const prompt = tokenizer.encode(`<|user|>${problem.question}<|end|><|assistant|>`);
  let { answer, result } = await finish(prompt, []);
  if (result === undefined) return [];
  const [reader, forced] = await Promise.all([target.open(), draft.open()]);
  const examples: Example[] = [];
  /** The draft's choice at each position, given the answer before it. */
  const drafted: Token[] = [];
  /** The position of the last mismatch. The answer before it is final. */
  let settled = 0;
  for (let at = 0; at < answer.length && at < maxTokens - 1; at++) {
    if (drafted.length <= at) {
      // The session is one token behind, because its last row is the prediction for the last position.
      await forced.rewind(Math.min(forced.length, prompt.length + at - 1));
      const { rows, logits } = await forced.append([...prompt, ...answer.slice(0, -1)].slice(forced.length), {
        rows: answer.length - at,
      });
      for (let row = 0; row < rows; row++)
        drafted.push(argmax(logits.subarray(row * draft.vocabulary, (row + 1) * draft.vocabulary)));
    }
    const token = drafted[at] as Token;
    if (token === answer[at] || control.has(token) || control.has(answer[at] as Token)) continue;

    const start = [...answer.slice(0, at), token];
    await reader.rewind(Math.min(reader.length, prompt.length + settled));
    const { hidden } = await reader.append([...prompt, ...start].slice(reader.length), {
      rows: 1,
      hidden: "post-norm",
    });
    settled = at;
    const other = await finish(prompt, start);
    const important = other.result !== result;
    examples.push({ state: hidden as Float32Array, important });
    if (important) continue;
    answer = other.answer;
    drafted.length = at + 1;
  }
  await Promise.all([reader.close(), forced.close()]);
  return examples;
}

/** The area under the ROC curve: the share of pairs of an important and an unimportant example in the right order. */
function area(head: AutojudgeHead, examples: readonly Example[]): number {
  const ranked = examples
    .map(({ state, important }) => ({ score: importance(head, state), important }))
    .sort((a, b) => a.score - b.score);
  let [below, ordered] = [0, 0];
  for (const { important } of ranked) {
    if (important) ordered += below;
    else below++;
  }
  return ordered / (below * (ranked.length - below));
}

/** Fits a head, with equal total weight for both classes. */
function fit(examples: readonly Example[], decay: number, random: Random): AutojudgeHead {
  const share = examples.filter(({ important }) => important).length / examples.length;
  const samples = examples.map(({ state, important }) => ({
    state,
    label: important,
    weight: important ? 1 / share : 1 / (1 - share),
  }));
  const { mean, scale, weight, bias } = fitLogistic(samples, { random, decay });
  return { mean: short(mean), scale: short(scale), weight: short(weight), bias };
}

const short = (values: Float64Array): number[] => Array.from(values, (value) => Number(value.toPrecision(7)));
const rounded = (value: number): number => Math.round(10_000 * value) / 10_000;
const logit = (p: number): number => Math.log(p / (1 - p));

/** A threshold that rejects this share of the important examples: midway to the next example, which it accepts. */
function thresholdOf(head: AutojudgeHead, examples: readonly Example[], share: number): number {
  const ranked = examples
    .map(({ state, important }) => ({ score: importance(head, state), important }))
    .sort((a, b) => b.score - a.score);
  let left = Math.ceil(share * ranked.filter(({ important }) => important).length);
  const last = ranked.findIndex(({ important }) => important && --left === 0);
  const [rejected, accepted] = [last, last + 1].map((at) => logit(ranked[at]?.score ?? Number.EPSILON)) as [
    number,
    number,
  ];
  return 1 / (1 + Math.exp(-(rejected + accepted) / 2));
}

/** The shares of rejected important mismatches and of accepted unimportant ones. */
function evaluate(head: AutojudgeHead, examples: readonly Example[], at: number): Record<string, number> {
  const accepted = (of: boolean) => {
    const scores = examples
      .filter(({ important }) => important === of)
      .map(({ state }) => importance(head, state) < at);
    return { count: scores.length, share: scores.filter(Boolean).length / scores.length };
  };
  const [important, other] = [accepted(true), accepted(false)];
  return {
    area: rounded(area(head, examples)),
    important: important.count,
    importantRefused: rounded(1 - important.share),
    unimportant: other.count,
    unimportantAccepted: rounded(other.share),
  };
}

const random = seeded(23);
const mined = { train: [] as Example[], validation: [] as Example[], heldOut: [] as Example[] };
for (let i = 0; i < problems; i++)
  mined[i % 5 === 4 ? "validation" : "train"].push(...(await mine(wordProblem(random, "train"))));
for (let i = 0; i < problems / 8; i++) mined.heldOut.push(...(await mine(wordProblem(random, "held-out"))));
await Promise.all([target.close(), draft.close()]);

const candidates = decays.map((decay) => {
  const head = fit(mined.train, decay, seeded(5));
  return { decay, head, area: area(head, mined.validation) };
});
const { decay, head: raw } = candidates.reduce((best, candidate) => (candidate.area > best.area ? candidate : best));
const shift = logit(threshold) - logit(thresholdOf(raw, mined.validation, recall));
const head: AutojudgeHead = { ...raw, bias: Number((raw.bias + shift).toPrecision(7)) };
const report = {
  problems,
  areas: Object.fromEntries(candidates.map((candidate) => [candidate.decay, rounded(candidate.area)])),
  decay,
  recall,
  threshold,
  train: evaluate(head, mined.train, threshold),
  validation: evaluate(head, mined.validation, threshold),
  heldOut: evaluate(head, mined.heldOut, threshold),
  /** The thresholds for other recalls on the validation share, and their results on held-out problems. */
  thresholds: [0.9, 0.95, 0.99].map((share) => {
    const at = thresholdOf(head, mined.validation, share);
    return { recall: share, threshold: Number(at.toPrecision(2)), heldOut: evaluate(head, mined.heldOut, at) };
  }),
};
writeFileSync(autojudgeFile, `${JSON.stringify({ ...head, report })}\n`);
console.log(JSON.stringify(report, null, 2));
