import type { EmittedToken } from "@lenity/core";

/** The target's passes behind the tokens that came together: one of a round, or in plain decoding one for each token. */
export function passesOf(tokens: readonly EmittedToken[]): number {
  return Math.max(1, tokens.filter(({ source }) => source === "target").length);
}
