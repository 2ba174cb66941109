/**
 * Prints word problems to train a judge of the built-in pair with, one JSON object per line. Run: bun
 * examples/questions.ts train 60
 */
import { seeded } from "@lenity/core";
import { problem } from "@lenity/tiny";

const [name = "train", count = "60"] = process.argv.slice(2);
const side = name === "train" ? "train" : "held-out";
const random = seeded(side === "train" ? 1 : 2);
for (let i = 0; i < Number(count); i++) {
  const { question, check, template } = problem(random, side, "words");
  // Of a template such as boxes/3, the story is before the slash.
  if (check.kind === "result")
    console.log(JSON.stringify({ question, answer: check.result, group: template.split("/")[0] }));
}
