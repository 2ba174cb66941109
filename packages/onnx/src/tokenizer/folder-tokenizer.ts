import type { Token, Tokenizer } from "@lenity/core";

/** A tokenizer that knows the tokens that its model's texts begin with. */
export interface FolderTokenizer extends Tokenizer {
  /**
   * Encodes a plain text (no chat template) that is to be continued, with BOS in front if the folder's texts begin with
   * it. Empty for an empty text when the folder names no BOS.
   */
  encodeText(text: string): Token[];
}
