import type { Drafter, LanguageModel, Token, Tokenizer } from "@lenity/core";

/** The pair of models whose mismatches are labelled, and the limits of their answers. */
export interface LabelOptions {
  readonly target: LanguageModel;
  /** Needs the target's token ids: align it if only the padding differs (`alignVocabulary`). */
  readonly draft: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** Makes the drafter that speeds up the target's answers without changing them. Default: `modelDrafter(draft)`. */
  readonly drafter?: (() => Drafter) | undefined;
  /** Tokens that lossy rules leave to strict verification, so they get no labels. Default: special tokens and EOS. */
  readonly control?: ReadonlySet<Token> | undefined;
  /** The most tokens of an answer. Default 512. */
  readonly maxTokens?: number | undefined;
  /** Sessions of this answer reuse only each other's cache, as in `OpenOptions`, so that nothing depends on others. */
  readonly scope?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
