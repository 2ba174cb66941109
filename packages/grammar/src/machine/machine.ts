import type { State } from "./state.ts";

/** A compiled grammar over bytes, for any vocabulary. From each state that it reaches, some text leads to the end. */
export interface Machine {
  readonly start: State;
  /** The most bytes of white space in a row, where white space may stand. */
  readonly spaces: number;
}
