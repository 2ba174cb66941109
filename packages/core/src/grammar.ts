import type { Token } from "./model.ts";

/**
 * A constraint on the text of an answer, token by token. States are immutable, so a rejected draft costs nothing: the
 * state before it is still there. It is never asked about the tokens that end an answer (the target's EOS tokens), nor
 * about anything after them: the loop allows those exactly where `accepting` is true.
 */
export interface Grammar<State = unknown> {
  /** The state before the first token of the answer. */
  readonly start: State;
  /**
   * Writes which tokens may follow: bit t % 32 of `out[t >> 5]` is 1 if token t is legal. `out` has a bit for every
   * token of the target's vocabulary, and is all 0 before.
   */
  mask(state: State, out: Uint32Array): void;
  /** The state after the token; undefined if the token is illegal. */
  advance(state: State, token: Token): State | undefined;
  /** Whether the answer may end here. */
  accepting(state: State): boolean;
  /**
   * The tokens of the text that must follow, in order; empty if there is a choice. May stop before the choice. If the
   * text has several tokenizations, the usual one.
   */
  forced?(state: State): readonly Token[];
}
