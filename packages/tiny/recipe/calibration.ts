/**
 * Writes 160 conversations about training problems, as the calibration text for `lenity export --weights int8`.
 *
 *   bun packages/tiny/recipe/calibration.ts FILE
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { seeded } from "@lenity/core";
import { problem } from "../src/families.ts";
import { phrase } from "../src/problem.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("Usage: bun packages/tiny/recipe/calibration.ts FILE");
const random = seeded(77);
const conversations = Array.from({ length: 160 }, () => {
  const { question, answer } = problem(random, "train");
  return `<|user|>${question}<|end|><|assistant|>${phrase(answer, random)}<|end|>`;
});
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, conversations.join(""));
