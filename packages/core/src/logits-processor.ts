import type { Token } from "./model.ts";

/**
 * Shapes the logits of one position from the tokens before it. A pure function of them: it keeps no state, so a
 * rejected draft leaves nothing to restore.
 */
export interface LogitsProcessor {
  readonly name: string;
  /**
   * Changes, in place, the logits of the token that follows `tokens`: the prompt, the answer from index `promptLength`
   * on, and drafted tokens. A logit of −∞ rules a token out under every verifier. Do not keep the array.
   */
  process(logits: Float32Array, tokens: readonly Token[], promptLength: number): void;
}
