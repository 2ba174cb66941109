import type { LanguageModel } from "@lenity/core";

/** What a session needs to know about its model. Plain data. */
export type ModelFacts = Pick<
  LanguageModel,
  "name" | "source" | "vocabulary" | "unused" | "contextLength" | "eos" | "hidden" | "lastOnly"
> & {
  /** Ids below this number have an embedding. */
  readonly readable: number;
  /** Whether its worker computes the values that verification needs from drafted blocks. */
  readonly computesReadings: boolean;
  /** Whether the check at loading found that a token that runs alone gives the bits that it gives in a block. */
  readonly aloneAsInBlocks?: boolean | undefined;
  /** The most tokens of a prompt in one run, for a session that has the model to itself. Default: `chunk`. */
  readonly longestRun?: number | undefined;
};
