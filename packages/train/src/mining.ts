import type { Token } from "@lenity/core";
import { controlTokens } from "./control-tokens.ts";
import { forcedDraft } from "./forced-draft.ts";
import { type GreedyAnswer, greedyAnswer } from "./greedy-answer.ts";
import type { LabelOptions } from "./label-options.ts";
import type { Label, LabelledAnswer } from "./labels.ts";
import type { AnswerCheck, Prompt } from "./prompts.ts";

export interface MiningOptions extends LabelOptions {
  /** Compares an answer with the prompt's reference, or with the target's own answer if the prompt has none. */
  readonly check: AnswerCheck;
}

/**
 * The search for important tokens of AutoJudge (2504.20039, algorithm 1). It starts with the target's own answer and
 * goes from left to right through the mismatches, the positions where the draft model would have chosen another token.
 * At each the target continues from the draft's token. If its answer is still right, the token is fine and the search
 * goes on in that answer; otherwise the token matters and the search goes on in the old one.
 *
 * Without `prompt.answer`, right means the same result as the target's own answer, as in the paper. There are no labels
 * if the target's own answer is wrong or does not end within the limit. Deterministic.
 */
export async function mineLabels(
  prompt: Prompt,
  tokens: readonly Token[],
  options: MiningOptions,
): Promise<LabelledAnswer> {
  const { target, draft, tokenizer, check, control = controlTokens(tokenizer, target.eos) } = options;
  const own = await greedyAnswer(tokens, [], options);
  const compared = { ...prompt, answer: prompt.answer ?? own.text };
  const isRight = async ({ finished, text }: GreedyAnswer) => finished && (await check(text, compared));

  let answer = own.tokens;
  const labels: Label[] = [];
  if (await isRight(own)) {
    const forced = await forcedDraft(draft, tokens, options);
    try {
      for (let at = 0; at < answer.length; at++) {
        const token = await forced.choice(answer, at);
        if (token === undefined) break; // nor can it read anything after this
        if (token === answer[at] || control.has(token) || control.has(answer[at] as Token)) continue;
        const other = await greedyAnswer(tokens, [...answer.slice(0, at), token], options);
        const fine = await isRight(other);
        labels.push({ at, token, fine });
        if (fine) answer = other.tokens;
      }
    } finally {
      await forced.close();
    }
  }
  return { group: prompt.group, prompt: tokens, answer, labels };
}
