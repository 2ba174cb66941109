import type { LogitsProcessor } from "../logits-processor.ts";
import type { Token } from "../model.ts";

/** Bans these ids everywhere in the answer. Ids beyond the vocabulary have no effect. */
export function bannedTokens(ids: Iterable<Token>): LogitsProcessor {
  const banned = [...ids];
  return {
    name: "banned tokens",
    process(logits) {
      for (const id of banned) logits[id] = Number.NEGATIVE_INFINITY;
    },
  };
}
