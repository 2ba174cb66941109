import type { Token } from "./model.ts";

/** Text ↔ tokens. */
export interface Tokenizer {
  /** All its ids are below this; a model's vocabulary may be padded beyond it. */
  readonly vocabulary: number;
  /** Ids below `vocabulary` that no token has. */
  readonly unused?: ReadonlySet<Token> | undefined;
  /** Control tokens such as `<|end|>`: never part of an answer's text. */
  readonly special: ReadonlySet<Token>;
  encode(text: string): Token[];
  /** Whole-sequence decoding. Special tokens are left out unless asked for. */
  decode(tokens: readonly Token[], options?: { readonly special?: boolean | undefined }): string;
}
