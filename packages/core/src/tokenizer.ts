import type { Token } from "./model.ts";

/** Text ↔ tokens. */
export interface Tokenizer {
  /** All its ids are below this; a model's vocabulary may be padded beyond it. */
  readonly vocabulary: number;
  /** Ids below `vocabulary` that no token has. */
  readonly unused?: ReadonlySet<Token> | undefined;
  /** Control tokens such as `<|end|>`: never part of an answer's text. */
  readonly special: ReadonlySet<Token>;
  /**
   * Tokens that `encode` reads wherever their spelling stands in a text, control tokens among them. The others, such as
   * `<think>`, are part of an answer's text; a chat template may write them all the same. Default: `special`.
   */
  readonly added?: ReadonlySet<Token> | undefined;
  /**
   * The most bytes of UTF-8 that a token stands for: `encode` of n bytes gives at least n ÷ longestToken tokens. Left
   * out where that is not certain, as where spaces are dropped or an unknown token stands for a whole word.
   */
  readonly longestToken?: number | undefined;
  encode(text: string): Token[];
  /**
   * The same tokens for each of several texts, computed on another thread: for texts so long that they would hold the
   * one that asks. Undefined where they have more than `most` tokens in all, which is found out without going on to the
   * end.
   */
  readonly encodeAsync?: ((texts: readonly string[], most?: number) => Promise<Token[][] | undefined>) | undefined;
  /** Whole-sequence decoding. Special tokens are left out unless asked for. */
  decode(tokens: readonly Token[], options?: { readonly special?: boolean | undefined }): string;
}
