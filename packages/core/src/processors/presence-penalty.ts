import type { LogitsProcessor } from "../logits-processor.ts";
import { checkPenalty } from "./check-penalty.ts";
import { tally } from "./tally.ts";

/**
 * Subtracts `penalty` from the logit of every token that occurs in the answer so far, however often: z − α·[c > 0].
 * The prompt does not count. 0 changes nothing; OpenAI allows −2 to 2. OpenAI's `presence_penalty` (API reference and
 * the guide on frequency and presence penalties). Throws `invalid_request` unless it is finite.
 */
export function presencePenalty(penalty: number): LogitsProcessor {
  checkPenalty("presencePenalty", penalty);
  const each = tally();
  return {
    name: "presence penalty",
    process(logits, tokens, promptLength) {
      each(tokens, promptLength, logits.length, (token) => {
        logits[token] = (logits[token] as number) - penalty;
      });
    },
  };
}
