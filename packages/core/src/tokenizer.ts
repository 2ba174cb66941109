import type { Token } from "./model.ts";

/** Text ↔ tokens. */
export interface Tokenizer {
  /** All its ids are below this; a model's vocabulary may be padded beyond it. */
  readonly vocabulary: number;
  /** Ids below `vocabulary` without a token. */
  readonly unused?: ReadonlySet<Token> | undefined;
  /** Control tokens such as `<|end|>`, which are never part of an answer's text. */
  readonly special: ReadonlySet<Token>;
  /**
   * Tokens that `encode` recognises wherever their spelling occurs in a text, including control tokens. The others,
   * such as `<think>`, are part of an answer's text, and a chat template may also write them. Default: `special`.
   */
  readonly added?: ReadonlySet<Token> | undefined;
  /**
   * The most UTF-8 bytes in one token: `encode` of n bytes returns at least n ÷ longestToken tokens. Left out if that
   * is not certain, such as when spaces are dropped or an unknown token replaces a whole word.
   */
  readonly longestToken?: number | undefined;
  /**
   * The bytes that a token stands for wherever it occurs in a text; a character's bytes may be split between tokens.
   * Undefined for special tokens and ids without a token. Left out by tokenizers whose tokens' texts depend on the
   * tokens beside them.
   */
  readonly bytes?: ((token: Token) => Uint8Array | undefined) | undefined;
  encode(text: string): Token[];
  /**
   * Like `encode` for several texts, on another thread: for texts long enough to block the caller. Resolves to
   * undefined if they have more than `most` tokens in total, without encoding the rest.
   */
  readonly encodeAsync?: ((texts: readonly string[], most?: number) => Promise<Token[][] | undefined>) | undefined;
  /** Decodes a whole sequence. Special tokens are left out unless requested. */
  decode(tokens: readonly Token[], options?: { readonly special?: boolean | undefined }): string;
}
