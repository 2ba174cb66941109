import type { Token } from "@lenity/core";

/**
 * Tokens to try a model with, for every check at loading: spread over its `ids`, without id 0, which stands for padding
 * or the unknown in many a vocabulary. A longer probe begins with a shorter one.
 */
export function probeTokens(length: number, ids: number): Token[] {
  const others = Math.max(1, ids - 1);
  return Array.from({ length }, (_, i) => Math.min(1 + ((i * 7919) % others), ids - 1));
}
