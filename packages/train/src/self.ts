import type { Token } from "@lenity/core";
import { controlTokens } from "./control-tokens.ts";
import { forcedDraft } from "./forced-draft.ts";
import { greedyAnswer } from "./greedy-answer.ts";
import type { LabelOptions } from "./label-options.ts";
import type { LabelledAnswer } from "./labels.ts";
import { substitutionScores } from "./substitution-scores.ts";

export interface SelfOptions extends LabelOptions {
  /** As in `substitutionScores`. Default 20. */
  readonly suffix?: number | undefined;
  /** A mismatch is fine if its score is above this, in nats. Default −1.4; `chooseTau` finds one for a pair. */
  readonly tau?: number | undefined;
}

/**
 * The default of `SelfOptions.tau`. The paper gives a procedure instead of a value (section 4.1; see `chooseTau`). This
 * one is the authors' for Llama 3.1 8B with 1B on GSM8K: their code rejects from a mean loss of 0.066 nats per token
 * over 21 tokens, which is a sum of 1.4.
 */
export const defaultTau = -1.4;

/**
 * Labels without answers or a checker (SelfJudge, 2510.02329, section 3.3): the target answers at temperature 0, and
 * every position at which the draft model would have chosen another token is labelled by `substitutionScores`.
 * Deterministic.
 */
export async function selfLabels(
  prompt: { readonly group?: string | undefined },
  tokens: readonly Token[],
  options: SelfOptions,
): Promise<LabelledAnswer> {
  const { target, tokenizer, tau = defaultTau, control = controlTokens(tokenizer, target.eos) } = options;
  const { tokens: answer } = await greedyAnswer(tokens, [], options);
  const mismatches = await findMismatches(tokens, answer, options);
  for (const [at, token] of mismatches) {
    if (control.has(token) || control.has(answer[at] as Token)) mismatches.delete(at);
  }
  const scores = await substitutionScores(tokens, answer, mismatches, options);
  const labels = [...mismatches].map(([at, token]) => {
    const score = rounded(scores.get(at) as number);
    return { at, token, fine: score > tau, score };
  });
  return { group: prompt.group, prompt: tokens, answer, labels };
}

/** The draft's tokens where they differ from the answer's, by index. */
async function findMismatches(
  prompt: readonly Token[],
  answer: readonly Token[],
  options: LabelOptions,
): Promise<Map<number, Token>> {
  const forced = await forcedDraft(options.draft, prompt, options);
  try {
    const mismatches = new Map<number, Token>();
    for (let at = 0; at < answer.length; at++) {
      const token = await forced.choice(answer, at);
      if (token !== undefined && token !== answer[at]) mismatches.set(at, token);
    }
    return mismatches;
  } finally {
    await forced.close();
  }
}

/** To 4 decimals, so that a file does not depend on the last bits. JSON has no −∞. */
const rounded = (score: number): number =>
  Number.isFinite(score) ? Math.round(score * 10_000) / 10_000 : -Number.MAX_VALUE;
