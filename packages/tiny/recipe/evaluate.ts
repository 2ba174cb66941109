/**
 * How well models solve each family: the figures of the model card.
 *
 * bun packages/tiny/recipe/evaluate.ts MODEL_DIR... [--problems N] [--seed N] [--show N] [--out FILE]
 *
 * Greedy answers to N problems of each family, with held-out values in trained wordings and in wordings held out of
 * training.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { chatWriter, completeChat } from "@lenity/chat";
import { seeded } from "@lenity/core";
import { loadChatTemplate, loadModel, loadTokenizer, openFolder } from "@lenity/onnx";
import { checkAnswer } from "../src/check.ts";
import { families, problem } from "../src/families.ts";
import { firstError, type Side } from "../src/problem.ts";
import { type Evaluation, type FamilyScore, meanOf, unseen } from "./evaluation.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    problems: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "0" },
    out: { type: "string" },
  },
});
if (positionals.length === 0) {
  throw new Error(
    "Usage: bun packages/tiny/recipe/evaluate.ts MODEL_DIR... [--problems N] [--seed N] [--show N] [--out FILE]",
  );
}
const [problems, seed, show] = [values.problems, values.seed, values.show].map(Number) as [number, number, number];

/** The model of a folder, ready to answer. */
async function loadAll(path: string) {
  const files = await openFolder(path);
  const [target, tokenizer, chatTemplate] = await Promise.all([
    loadModel(files, { threads: 1 }),
    loadTokenizer(files),
    loadChatTemplate(files),
  ]);
  return { target, writer: chatWriter({ id: path, target, tokenizer, chatTemplate }) };
}

type Loaded = Awaited<ReturnType<typeof loadAll>>;

async function evaluate({ target, writer }: Loaded, family: string, side: Side): Promise<FamilyScore> {
  const random = seeded(seed);
  let [right, flawless, tokens] = [0, 0, 0];
  for (let i = 0; i < problems; i++) {
    const drawn = problem(random, side, family);
    const messages = [{ role: "user", content: drawn.question }];
    const answer = await completeChat(messages, { target, writer, sampling: { temperature: 0 }, maxTokens: 300 });
    const isRight = await checkAnswer(drawn, answer.text);
    if (isRight) right++;
    if (firstError(drawn.answer, answer.text) === answer.text.length) flawless++;
    tokens += answer.tokens.length;
    if (i < show) console.log(`[${drawn.template}] ${drawn.question}\n${answer.text}\n=> ${isRight}\n`);
  }
  return { right: right / problems, flawless: flawless / problems, tokens: Math.round(tokens / problems) };
}

const models: Record<string, Evaluation["models"][string]> = {};
for (const path of positionals) {
  const loaded = await loadAll(path);
  const scores: Record<string, Evaluation["models"][string][string]> = {};
  for (const { name } of families) {
    scores[name] = {
      "held-out": await evaluate(loaded, name, "held-out"),
      reworded: await evaluate(loaded, name, "reworded"),
    };
    console.log(basename(path), name, JSON.stringify(scores[name]));
  }
  for (const side of unseen) console.log(basename(path), side, "mean", meanOf(scores, side).toFixed(3));
  models[basename(path)] = scores;
  await loaded.target.close();
}
const evaluation: Evaluation = { problems, seed, models };
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(evaluation, null, 1)}\n`);
