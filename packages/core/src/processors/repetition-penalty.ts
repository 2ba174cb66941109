import type { LogitsProcessor } from "../logits-processor.ts";
import { checkPenalty } from "./check-penalty.ts";
import { tally } from "./tally.ts";

/**
 * Divides the positive and multiplies the negative logits of every token in the prompt or the answer by `penalty`,
 * above 0: z > 0 ? z / θ : z · θ, once per token however often it occurs. 1 changes nothing, above 1 discourages
 * repetition. From CTRL (1909.05858, section 4.1), with the case of negative logits as in Hugging Face's
 * `repetition_penalty`. Throws `invalid_request`.
 */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  checkPenalty("repetitionPenalty", penalty, true);
  const each = tally();
  return {
    name: "repetition penalty",
    process(logits, tokens) {
      each(tokens, 0, logits.length, (token) => {
        const logit = logits[token] as number;
        logits[token] = logit > 0 ? logit / penalty : logit * penalty;
      });
    },
  };
}
