import type { Token, Tokenizer } from "@lenity/core";

/** The tokens that lossy rules leave to strict verification if the caller does not say otherwise. */
export const controlTokens = (tokenizer: Tokenizer, eos: readonly Token[]): ReadonlySet<Token> =>
  new Set([...tokenizer.special, ...eos]);
