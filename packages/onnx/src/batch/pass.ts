import type { Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";

/** A block of one sequence that is ready to run. */
export interface Pass {
  readonly tokens: readonly Token[];
  /** The position of its first token. */
  readonly start: number;
  /** Whether the last row attends twice, so that its attention does not run alone. Needs room for one more token. */
  readonly doubled: boolean;
  /** The outputs that are needed besides the cache rows. */
  readonly outputs: readonly string[];
  /** The sequence's caches, by the names that the graph for one sequence has for them. */
  readonly caches: Readonly<Record<string, Tensor>>;
}

/** What a run returns, by the names of the outputs. */
export type Results = Readonly<Record<string, Tensor>>;

/** The most tokens of a pass that may run with others: longer ones, parts of prompts, fill a run by themselves. */
export const mostTokens = 32;
