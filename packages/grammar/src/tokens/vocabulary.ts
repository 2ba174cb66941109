import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import { type TokenTrie, tokenTrie } from "./token-trie.ts";

/** The tokens that a grammar may allow. */
export interface Vocabulary {
  readonly tokenizer: Tokenizer;
  readonly trie: TokenTrie;
  /** 32-bit words in a mask. */
  readonly words: number;
  /** The bytes of a token; undefined if no grammar allows it. */
  bytes(token: Token): Uint8Array | undefined;
}

/** Longer tokens are never legal: nodes of the trie have their depths in 16 bits, and no real token comes close. */
const longest = 4096;

const known = new WeakMap<Tokenizer, Vocabulary>();

/**
 * The tokens of this tokenizer that have bytes, without added tokens: those mean something, such as `</tool_call>`, and
 * ordinary tokens can spell what they say. Collected once per tokenizer, in a few hundred milliseconds for 150 000
 * tokens. Throws `unsupported` if the tokenizer does not know the bytes of its tokens.
 */
export function vocabularyOf(tokenizer: Tokenizer): Vocabulary {
  let vocabulary = known.get(tokenizer);
  if (vocabulary === undefined) {
    vocabulary = collect(tokenizer);
    known.set(tokenizer, vocabulary);
  }
  return vocabulary;
}

function collect(tokenizer: Tokenizer): Vocabulary {
  const { bytes: bytesOf, vocabulary, special, added = special } = tokenizer;
  if (bytesOf === undefined) {
    throw new LenityError(
      "unsupported",
      "The tokenizer does not give the bytes of its tokens, so no grammar can be applied. Use a tokenizer that has `bytes`: byte-level BPE, or SentencePiece with or without byte fallback.",
    );
  }
  const bytes = (token: Token) => {
    const found = special.has(token) || added.has(token) ? undefined : bytesOf(token);
    // Tokens without bytes would add nothing to a text, forever.
    return found === undefined || found.length === 0 || found.length > longest ? undefined : found;
  };
  const tokens: [Token, Uint8Array][] = [];
  for (let token = 0; token < vocabulary; token++) {
    const found = bytes(token);
    if (found !== undefined) tokens.push([token, found]);
  }
  return { tokenizer, trie: tokenTrie(tokens), words: Math.ceil(vocabulary / 32), bytes };
}
