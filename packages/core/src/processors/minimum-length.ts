import { LenityError } from "../error.ts";
import type { LogitsProcessor } from "../logits-processor.ts";
import type { Token } from "../model.ts";

/**
 * Bans the tokens that end an answer (`eos` of the target) until the answer has `length` tokens, 0 or more. Hugging
 * Face's `min_new_tokens`, vLLM's `min_tokens`. Throws `invalid_request`.
 */
export function minimumLength(length: number, eos: readonly Token[]): LogitsProcessor {
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new LenityError("invalid_request", `minimumLength is ${length}; expected a whole number, 0 or more.`, {
      path: "minimumLength",
    });
  }
  return {
    name: "minimum length",
    process(logits, tokens, promptLength) {
      if (tokens.length - promptLength >= length) return;
      for (const token of eos) logits[token] = Number.NEGATIVE_INFINITY;
    },
  };
}
