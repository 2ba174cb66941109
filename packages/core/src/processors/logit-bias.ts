import { LenityError } from "../error.ts";
import type { LogitsProcessor } from "../logits-processor.ts";
import type { Token } from "../model.ts";

/** A bias at or below this bans the token. */
const ban = -100;

/**
 * Adds a bias to the logits of single tokens, by id: z + b. A bias of −100 or less bans the token: its logit becomes
 * −∞, so that not even a lossy rule emits it. Ids beyond the vocabulary have no effect. OpenAI's `logit_bias` (API
 * reference), which goes from −100 to 100. Throws `invalid_request` for other keys than ids and biases that are not
 * finite.
 */
export function logitBias(biases: Readonly<Record<Token, number>>): LogitsProcessor {
  const entries = Object.entries(biases).map(([id, bias]) => [Number(id), bias] as const);
  for (const [id, bias] of entries) {
    if (Number.isInteger(id) && id >= 0 && Number.isFinite(bias)) continue;
    throw new LenityError(
      "invalid_request",
      `logitBias gives token ${id} the bias ${bias}; expected ids of tokens, and finite numbers.`,
      { path: "logitBias" },
    );
  }
  return {
    name: "logit bias",
    process(logits) {
      for (const [id, bias] of entries)
        logits[id] = bias <= ban ? Number.NEGATIVE_INFINITY : (logits[id] as number) + bias;
    },
  };
}
