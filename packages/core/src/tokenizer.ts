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
   * Tokens that `encode` reads wherever their spelling stands in a text, control tokens among them. The others, such as `<think>`, are part of an
   * answer's text; a chat template may write them all the same. Default: `special`.
   */
  readonly added?: ReadonlySet<Token> | undefined;
  encode(text: string): Token[];
  /** Whole-sequence decoding. Special tokens are left out unless asked for. */
  decode(tokens: readonly Token[], options?: { readonly special?: boolean | undefined }): string;
}
