import type { Closed, Frame, Move } from "./frame.ts";
import { interned } from "./interned.ts";

/** What a byte does in a frame after `count` parts; undefined if it is illegal. */
export function moveOf(frame: Frame, byte: number, count: number): Move | undefined {
  const { thresholds, found } = frame;
  let reached = 0;
  while (reached < thresholds.length && count >= (thresholds[reached] as number)) reached++;
  found[reached] ??= new Array(256).fill(undefined);
  const moves = found[reached] as (Move | null | undefined)[];
  let move = moves[byte];
  if (move === undefined) {
    move = frame.find(byte, count) ?? null;
    moves[byte] = move;
  }
  return move ?? undefined;
}

/** The frame after the level inside it has closed; undefined if it may not close like this here. */
export function frameAfter(frame: Frame, closed: Closed): Frame | undefined {
  if (!frame.resumed.has(closed)) frame.resumed.set(closed, frame.resume(closed));
  return frame.resumed.get(closed);
}

/** Makes one frame for each key. Dropped frames forget what they lead to, so that nothing keeps that alive. */
export const frames = <Argument>(
  keyOf: (argument: Argument) => string,
  make: (argument: Argument) => Frame,
): ((argument: Argument) => Frame) =>
  interned(keyOf, make, ({ found, resumed }) => {
    found.length = 0;
    resumed.clear();
  });

/** Makes one `Closed` for each set of rules. */
export const closings = (): ((rules: readonly number[]) => Closed) =>
  interned(
    (rules) => [...rules].sort((a, b) => a - b).join(),
    (rules) => ({ rules: new Set(rules) }),
  );
