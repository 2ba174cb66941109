import type { AnswerCheck, Prompt } from "./prompts.ts";

/**
 * What a policy's answer to a prompt costs. wrong: 1 if it is not right. changed: 1 if it differs from strict
 * verification's answer and is not right with that as the reference. drop: 1 if strict verification's answer is right
 * and this one is not.
 */
export type LossKind = "wrong" | "changed" | "drop";

export const lossKinds: readonly LossKind[] = ["wrong", "changed", "drop"];

/** The loss of an answer, 0 or 1; `strict` is the answer of strict verification to the same prompt. */
export type AnswerLoss = (text: string, prompt: Prompt, strict: string) => Promise<number>;

/** The loss of this kind, where the check says what is right. */
export function answerLoss(kind: LossKind, check: AnswerCheck): AnswerLoss {
  const isWrong = async (text: string, prompt: Prompt) => ((await check(text, prompt)) ? 0 : 1);
  if (kind === "wrong") return isWrong;
  if (kind === "changed")
    return async (text, prompt, strict) => (text === strict ? 0 : isWrong(text, { ...prompt, answer: strict }));
  return async (text, prompt, strict) => Math.max(0, (await isWrong(text, prompt)) - (await isWrong(strict, prompt)));
}
