/**
 * Trains the judge head of the built-in pair (Judge Decoding, 2501.19309, section 4). The labels come from the
 * generator, which knows where a wrong answer goes wrong, and the features from the target's hidden state at each
 * drafted token.
 *
 * bun packages/tiny/recipe/judge.ts [PROBLEMS]
 *
 * The draft proposes tokens along each answer. Tokens before its first error are fine, the error is not. The answer
 * then continues with the target's token, so that errors appear in the same contexts as in decoding.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { argmax, type JudgeHead, judgeScore, seeded, type Token } from "@lenity/core";
import { loadModel, loadTokenizer, onnxDrafter } from "@lenity/onnx";
import {
  draft as draftFolder,
  firstError,
  judge as judgeFile,
  type Problem,
  target as targetFolder,
  wordProblem,
} from "../src/index.ts";
import { fitLogistic } from "./logistic.ts";

interface Example {
  readonly state: Float32Array;
  readonly fine: boolean;
  /** Whether the target would have chosen the same token. */
  readonly same: boolean;
}

const problems = Number(process.argv[2] ?? 2000);
const folder = fileURLToPath(targetFolder);
const [target, draft, tokenizer] = await Promise.all([
  loadModel(folder, { threads: 2 }),
  loadModel(fileURLToPath(draftFolder), { threads: 1 }),
  loadTokenizer(folder),
]);
const random = seeded(17);
const eos = target.eos[0] as Token;

/** Whether these tokens are the beginning of a right answer. */
function isFine(problem: Problem, tokens: readonly Token[]): boolean {
  const text = tokenizer.decode(tokens.filter((token) => token !== eos));
  const right = firstError(problem.answer, text) === text.length;
  return tokens.at(-1) === eos ? right && /####\s*\d+$/.test(text) : right;
}

/** The examples of one problem. */
async function mine(problem: Problem): Promise<Example[]> {
  const prompt = tokenizer.encode(`<|user|>${problem.question}<|end|><|assistant|>`);
  const session = await target.open();
  const drafter = onnxDrafter(draft);
  const examples: Example[] = [];
  const answer: Token[] = [];
  const temperature = random() < 0.5 ? 0 : 1;
  while (answer.at(-1) !== eos && answer.length < 200) {
    const context = [...prompt, ...answer];
    const uniform = Array.from({ length: 16 }, random);
    const proposal = await drafter.propose({
      context,
      limit: 16,
      sampling: { temperature, topK: 0, topP: 1, minP: 0 },
      uniform,
    });
    await session.rewind(Math.min(session.length, context.length - 1));
    const block = [...context.slice(session.length), ...proposal.tokens];
    const rows = proposal.tokens.length + 1;
    const { logits, hidden } = await session.append(block, { rows, hidden: "pre-norm" });
    const width = (hidden as Float32Array).length / rows;
    let accepted = 0;
    for (const token of proposal.tokens) {
      const fine = isFine(problem, [...answer, token]);
      const same = token === argmax(logits.subarray(accepted * target.vocabulary, (accepted + 1) * target.vocabulary));
      examples.push({
        state: (hidden as Float32Array).slice((accepted + 1) * width, (accepted + 2) * width),
        fine,
        same,
      });
      if (!fine) break;
      answer.push(token);
      accepted++;
    }
    if (answer.at(-1) === eos) break;
    answer.push(argmax(logits.subarray(accepted * target.vocabulary, (accepted + 1) * target.vocabulary)));
    if (!isFine(problem, answer)) break;
  }
  await session.close();
  await drafter.close();
  return examples;
}

/**
 * The weight of an example relative to a fine token that differs from the target's. Errors have the most weight, since
 * one error spoils an answer. Tokens that the target would have chosen have little, because strict verification accepts
 * them without the judge.
 */
const weights = { error: 100, agreed: 0.1 };

/** Fits the head, a logistic regression, and folds the scale into its weights. */
function fit(examples: readonly Example[], { error, agreed }: typeof weights): JudgeHead {
  const samples = examples.map(({ state, fine, same }) => ({
    state,
    label: fine,
    weight: fine ? (same ? agreed : 1) : error,
  }));
  const { mean, scale, weight, bias: offset } = fitLogistic(samples, { random });
  const folded = Array.from(scale, (value, i) => (weight[i] as number) / value);
  const bias = folded.reduce((sum, value, i) => sum - value * (mean[i] as number), offset);
  return {
    hidden: "pre-norm",
    weight: folded.map((value) => Number(value.toPrecision(7))),
    bias: Number(bias.toPrecision(7)),
  };
}

/** The shares of rejected errors, of accepted fine tokens, and of accepted fine tokens that the target words differently. */
function evaluate(head: JudgeHead, examples: readonly Example[]): Record<string, number> {
  const accepted = (some: (example: Example) => boolean) => {
    const scores = examples.filter(some).map(({ state }) => judgeScore(head, state) > 0.5);
    return {
      share: Math.round((10_000 * scores.filter(Boolean).length) / scores.length) / 10_000,
      count: scores.length,
    };
  };
  const [errors, fine, other] = [
    accepted(({ fine }) => !fine),
    accepted(({ fine }) => fine),
    accepted(({ fine, same }) => fine && !same),
  ];
  return {
    errors: errors.count,
    errorsRefused: Math.round(10_000 * (1 - errors.share)) / 10_000,
    fine: fine.count,
    fineAccepted: fine.share,
    otherWording: other.count,
    otherWordingAccepted: other.share,
  };
}

const examples: Example[] = [];
for (let i = 0; i < problems; i++) examples.push(...(await mine(wordProblem(random, "train"))));
const heldOut: Example[] = [];
for (let i = 0; i < 300; i++) heldOut.push(...(await mine(wordProblem(random, "held-out"))));
const head = fit(examples, weights);
const report = { weights, trained: evaluate(head, examples), heldOut: evaluate(head, heldOut) };
writeFileSync(judgeFile, `${JSON.stringify({ ...head, report })}\n`);
console.log(JSON.stringify(report, null, 2));
await Promise.all([target.close(), draft.close()]);
