import type { Token, Tokenizer } from "@lenity/core";

/** A tokenizer that knows how its model's texts begin. */
export interface FolderTokenizer extends Tokenizer {
  /**
   * The tokens of a text that stands alone, without a chat template, and is to be continued: after BOS, where the
   * folder has texts begin with it. Empty for an empty text where the folder names no BOS.
   */
  encodeText(text: string): Token[];
}
