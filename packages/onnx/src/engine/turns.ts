/**
 * Whose turn it is on a worker. Sessions share it fairly by tokens, whatever the lengths of their blocks (start-time
 * fair queueing): each turn starts at a time that is counted in tokens, the one that starts earliest is next, and a
 * session that was idle gains nothing by it.
 *
 * A session's first turns come before that, the fewest first, so that a new answer begins within a few turns. But never
 * two of them in a row while others wait, so that old answers keep half of the worker.
 */
import { LenityError } from "@lenity/core";

/** Runs `work`, which lets the worker run about `tokens` tokens, when it is the session's turn. */
export type TakeTurn = <Value>(
  tokens: number,
  signal: AbortSignal | undefined,
  work: () => Promise<Value>,
) => Promise<Value>;

/** The turns on one worker. */
export interface Turns {
  /** Turns that have been asked for and have not begun. */
  readonly waiting: number;
  /** Tells that up to `slots` turns share a run: twice as many are then with the worker. */
  share(slots: number): void;
  /** Adds a session. It is to ask for one turn at a time, or for two while it is alone. */
  join(): TakeTurn;
}

/** How many of a session's turns come early: a prompt of several hundred tokens, and some rounds. */
const earlyTurns = 8;

/** What a run costs in tokens besides those it runs, since it reads all weights. */
export const runCost = 16;

/** Turns that are with a worker that runs one at a time: that one, and one for it to go on with at once. */
const alone = 2;

interface Waiting {
  /** When its turn starts, in tokens. */
  readonly start: number;
  /** The turns that its session has had, if those are few. */
  readonly early: number | undefined;
  begin(): void;
}

export function turns(): Turns {
  /** In order of arrival. */
  const line: Waiting[] = [];
  /** The latest start of a turn that has begun. */
  let clock = 0;
  let begun = 0;
  let lastEarly = false;
  let inHand = alone;

  const next = (): Waiting | undefined => {
    const early = least(line, (one) => one.early);
    const other = least(line, (one) => (one.early === undefined ? one.start : undefined));
    return lastEarly ? (other ?? early) : (early ?? other);
  };
  const fill = () => {
    while (begun < inHand) {
      const waiting = next();
      if (waiting === undefined) return;
      line.splice(line.indexOf(waiting), 1);
      begun++;
      clock = Math.max(clock, waiting.start);
      lastEarly = waiting.early !== undefined;
      waiting.begin();
    }
  };
  /** Resolves when the turn begins. A cancelled one leaves the line. */
  const wait = (start: number, early: number | undefined, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        line.splice(line.indexOf(waiting), 1);
        reject(new LenityError("aborted", "The request was cancelled.", { cause: signal?.reason }));
      };
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const waiting = { start, early, begin };
      line.push(waiting);
      if (signal?.aborted === true) return leave();
      signal?.addEventListener("abort", leave, { once: true });
      fill();
    });
  return {
    get waiting() {
      return line.length;
    },
    share(slots) {
      inHand = Math.max(inHand, 2 * slots);
      fill();
    },
    join() {
      /** When the session's next turn may start: after what it has used. */
      let due = 0;
      let taken = 0;
      return async (tokens, signal, work) => {
        const early = taken < earlyTurns ? taken : undefined;
        const start = Math.max(clock, due);
        await wait(start, early, signal);
        taken++;
        due = early === undefined ? start + runCost + tokens : start;
        try {
          return await work();
        } finally {
          begun--;
          fill();
        }
      };
    },
  };
}

/** The first of those with the least number; those without one do not count. */
function least<Value>(values: readonly Value[], number: (value: Value) => number | undefined): Value | undefined {
  let best: Value | undefined;
  for (const value of values) {
    const lower =
      (number(value) ?? Number.POSITIVE_INFINITY) <
      (best === undefined ? Number.POSITIVE_INFINITY : (number(best) as number));
    if (lower) best = value;
  }
  return best;
}
