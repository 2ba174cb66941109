import type { LogitsProcessor } from "../logits-processor.ts";
import { checkPenalty } from "./check-penalty.ts";
import { tally } from "./tally.ts";

/**
 * Subtracts `penalty` from a token's logit for each time it occurs in the answer so far: z − α·c. The prompt does not
 * count. 0 changes nothing; OpenAI allows −2 to 2. OpenAI's `frequency_penalty` (API reference and the guide on
 * frequency and presence penalties). Throws `invalid_request` unless it is finite.
 */
export function frequencyPenalty(penalty: number): LogitsProcessor {
  checkPenalty("frequencyPenalty", penalty);
  const each = tally();
  return {
    name: "frequency penalty",
    process(logits, tokens, promptLength) {
      each(tokens, promptLength, logits.length, (token, count) => {
        logits[token] = (logits[token] as number) - penalty * count;
      });
    },
  };
}
