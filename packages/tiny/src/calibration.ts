import { problem } from "./families.ts";
import { phrase, type Random } from "./problem.ts";

/** 160 conversations about training problems: the text that the int8 files of the pair are calibrated with. */
export function calibrationText(random: Random): string {
  const conversations = Array.from({ length: 160 }, () => {
    const { question, answer } = problem(random, "train");
    return `<|user|>${question}<|end|><|assistant|>${phrase(answer, random)}<|end|>`;
  });
  return conversations.join("");
}
