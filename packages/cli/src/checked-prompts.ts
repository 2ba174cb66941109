import { type AnswerCheck, answerCheck, type Prompt, readPrompts } from "@lenity/train";

/** Prompts of a file, and what says whether an answer is right. */
export interface CheckedPrompts {
  readonly prompts: readonly Prompt[];
  readonly check: AnswerCheck;
  /** The check's name. */
  readonly answer: string;
}

/** The checks that compare with a prompt's "answer". */
const comparing = ["number", "exact", "regex"];

/**
 * Reads the file of `--prompts`, up to `limit` lines of it, and the check of `--answer` (default: number). With
 * `references`, rejects with `invalid_request` if the check compares with an answer that a prompt does not have: before
 * a long run.
 */
export async function checkedPrompts(
  file: string,
  { answer = "number", limit }: { readonly answer?: string | undefined; readonly limit?: number | undefined },
  references: "references" | "no references",
): Promise<CheckedPrompts> {
  const [all, check] = await Promise.all([readPrompts(file), answerCheck(answer)]);
  const prompts = all.slice(0, limit);
  if (references === "references" && comparing.includes(answer)) {
    // Each of these checks reads the reference when the text is a number.
    for (const prompt of prompts) await check("0", prompt);
  }
  return { prompts, check, answer };
}
