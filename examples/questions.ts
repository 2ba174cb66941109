/**
 * Prints questions to train a judge of the built-in pair with, one JSON object per line. Run: bun examples/questions.ts
 * train 60
 */
import { seeded } from "@lenity/core";
import { wordProblem } from "@lenity/tiny";

const [name = "train", count = "60"] = process.argv.slice(2);
const side = name === "train" ? "train" : "held-out";
const random = seeded(side === "train" ? 1 : 2);
for (let i = 0; i < Number(count); i++) {
  const { question, result, family } = wordProblem(random, side);
  console.log(JSON.stringify({ question, answer: String(result), group: family }));
}
