import { LenityError } from "@lenity/core";
import type { LabelledAnswer } from "./labels.ts";
import { type SubstitutionOptions, substitutionScores } from "./substitution-scores.ts";

/**
 * τ for `selfLabels` from labels that mining has made with the same pair on some prompts (SelfJudge, 2510.02329,
 * section 4.1, uses 100): the lowest τ that rejects `share` of the tokens that matter, 90 % in the paper. Throws
 * `invalid_request` if no mined token matters.
 */
export async function chooseTau(
  mined: readonly LabelledAnswer[],
  options: SubstitutionOptions,
  share = 0.9,
): Promise<number> {
  const found: number[] = [];
  for (const { prompt, answer, labels } of mined) {
    const important = new Map(labels.filter(({ fine }) => !fine).map(({ at, token }) => [at, token]));
    found.push(...(await substitutionScores(prompt, answer, important, options)).values());
  }
  const tau = found.sort((a, b) => a - b)[Math.ceil(share * found.length) - 1];
  // Rounded up, so that the token at the threshold is rejected in spite of rounding.
  if (tau !== undefined) return Math.ceil(tau * 10_000) / 10_000;
  throw new LenityError(
    "invalid_request",
    `τ is chosen by the mined tokens that matter, and none of the ${mined.length} mined answers has one. Mine more prompts, or set τ.`,
  );
}
