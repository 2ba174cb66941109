import type { Token } from "./model.ts";

/**
 * How a request's processors and grammar shape the rows of a round. A position is named by the drafted tokens between
 * the committed ones and it.
 */
export interface RowShaping {
  /** The length of a row. */
  readonly vocabulary: number;
  /** Shapes the logits of the token after `drafted`, in place. False if no token is left. */
  shape(logits: Float32Array, drafted: readonly Token[]): boolean;
  /** The tokens that the grammar forces after `drafted`, as in `Grammar.forced`. */
  forced(drafted: readonly Token[]): readonly Token[];
}

/** The same for the decoding loop, which also checks drafts. */
export interface Shaping extends RowShaping {
  /**
   * The leading tokens of a draft that are worth verifying: up to the end of the answer, or up to the first token that
   * the grammar forbids. That token is included if it was drawn from a row.
   */
  cut(draft: readonly Token[], drawn: boolean): readonly Token[];
}
