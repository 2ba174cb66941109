import type { Token } from "@lenity/core";

/** A set of tokens, kept as the shorter of a list and a bit per token. */
export type TokenSet = { readonly list: Uint32Array } | { readonly bits: Uint32Array };

/** Adds a token to a mask. */
export function addToken(mask: Uint32Array, token: Token): void {
  mask[token >>> 5] = (mask[token >>> 5] as number) | (1 << (token & 31));
}

/** The tokens whose bits are set. */
export function packTokens(mask: Uint32Array): TokenSet {
  const list: Token[] = [];
  for (const [word, bits] of mask.entries()) {
    for (let left = bits; left !== 0; left &= left - 1) {
      if (list.length === mask.length) return { bits: mask.slice() };
      list.push(word * 32 + 31 - Math.clz32(left & -left));
    }
  }
  return { list: Uint32Array.from(list) };
}

/** Makes a mask say this set and nothing else. */
export function writeTokens(mask: Uint32Array, set: TokenSet): void {
  if ("list" in set) {
    mask.fill(0);
    for (const token of set.list) addToken(mask, token);
  } else {
    mask.set(set.bits);
    mask.fill(0, set.bits.length);
  }
}
