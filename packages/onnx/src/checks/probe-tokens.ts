import type { Token } from "@lenity/core";

/**
 * Tokens for the checks at loading, spread over the model's `ids`, without id 0, which is padding or the unknown token
 * in many vocabularies. A longer probe starts with the shorter one.
 */
export function probeTokens(length: number, ids: number): Token[] {
  const others = Math.max(1, ids - 1);
  return Array.from({ length }, (_, i) => Math.min(1 + ((i * 7919) % others), ids - 1));
}
