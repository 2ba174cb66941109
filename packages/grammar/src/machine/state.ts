import type { Closed, Frame } from "./frame.ts";
import { frameAfter, moveOf } from "./moves.ts";

/** Where a text stands: a stack of frames. Immutable, so a state stays valid after any number of steps from it. */
export interface State {
  readonly frame: Frame;
  /** Parts of this level so far, up to the frame's last threshold. */
  readonly count: number;
  /** White space since the last other byte, in bytes. */
  readonly space: number;
  /** The state around this level, from before it opened. */
  readonly outer: State | undefined;
}

/** The state of an empty text. */
export const initial = (frame: Frame): State => ({ frame, count: 0, space: 0, outer: undefined });

/** The state after a byte; undefined if it is illegal. `spaces` is the limit of white space in a row. */
export function step(state: State, byte: number, spaces: number): State | undefined {
  const move = moveOf(state.frame, byte, state.count);
  if (move === undefined) return undefined;
  if (move.kind === "close") return state.outer === undefined ? undefined : resumed(state.outer, move.closed);
  if (move.kind === "open") return { frame: move.frame, count: 0, space: 0, outer: state };
  const space = move.space ? state.space + 1 : 0;
  if (space > spaces) return undefined;
  const { frame } = move;
  const count = move.counts ? Math.min(state.count + 1, frame.thresholds.at(-1) ?? 0) : state.count;
  // Most bytes are in the middle of strings, where nothing changes.
  if (frame === state.frame && count === state.count && space === state.space) return state;
  return { frame, count, space, outer: state.outer };
}

/** The state around a level after that has closed; undefined if it may not close like this here. */
export function resumed(outer: State, closed: Closed): State | undefined {
  const frame = frameAfter(outer.frame, closed);
  return frame === undefined ? undefined : { frame, count: outer.count, space: 0, outer: outer.outer };
}
