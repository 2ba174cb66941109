/**
 * How well a model solves each family: the figures of the model card.
 *
 * bun packages/tiny/recipe/evaluate.ts MODEL_DIR [--problems N] [--seed N] [--show N] [--out FILE]
 *
 * Greedy answers to N problems of each family, with held-out values in trained wordings and in wordings held out of
 * training.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chatWriter, completeChat } from "@lenity/chat";
import { seeded } from "@lenity/core";
import { loadChatTemplate, loadModel, loadTokenizer, openFolder } from "@lenity/onnx";
import { checkAnswer } from "../src/check.ts";
import { families, problem } from "../src/families.ts";
import { firstError, type Side } from "../src/problem.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    problems: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "0" },
    out: { type: "string" },
  },
});
const [path] = positionals;
if (path === undefined) {
  throw new Error(
    "Usage: bun packages/tiny/recipe/evaluate.ts MODEL_DIR [--problems N] [--seed N] [--show N] [--out FILE]",
  );
}
const problems = Number(values.problems);
const files = await openFolder(path);
const [target, tokenizer, chatTemplate] = await Promise.all([
  loadModel(files, { threads: 1 }),
  loadTokenizer(files),
  loadChatTemplate(files),
]);
const writer = chatWriter({ id: path, target, tokenizer, chatTemplate });

/** The shares of answers that are right, and of those that are right in every word; and their mean length. */
async function evaluate(family: string, side: Side): Promise<Record<string, number>> {
  const random = seeded(Number(values.seed));
  let [right, flawless, tokens] = [0, 0, 0];
  for (let i = 0; i < problems; i++) {
    const drawn = problem(random, side, family);
    const messages = [{ role: "user", content: drawn.question }];
    const answer = await completeChat(messages, { target, writer, sampling: { temperature: 0 }, maxTokens: 300 });
    const isRight = await checkAnswer(drawn, answer.text);
    if (isRight) right++;
    if (firstError(drawn.answer, answer.text) === answer.text.length) flawless++;
    tokens += answer.tokens.length;
    if (i < Number(values.show)) console.log(`[${drawn.template}] ${drawn.question}\n${answer.text}\n=> ${isRight}\n`);
  }
  return { right: right / problems, flawless: flawless / problems, tokens: Math.round(tokens / problems) };
}

const report: Record<string, Record<string, Record<string, number>>> = {};
for (const { name } of families) {
  report[name] = { "held-out": await evaluate(name, "held-out"), reworded: await evaluate(name, "reworded") };
  console.log(name, JSON.stringify(report[name]));
}
for (const side of ["held-out", "reworded"]) {
  const rights = Object.values(report).map((family) => family[side]?.["right"] ?? 0);
  console.log(side, "mean", (rights.reduce((sum, right) => sum + right, 0) / rights.length).toFixed(3));
}
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify({ problems, ...report }, null, 1)}\n`);
await target.close();
