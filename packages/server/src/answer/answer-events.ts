/**
 * The events of one request's answers on their way to the client. When a reader stops, the answer ends: its turn, its
 * session and its drafter.
 */
import { closing } from "@lenity/core/internal";
import type { Context } from "hono";
import type { ChoiceEvent } from "./run.ts";

export type AnswerEvents = AsyncGenerator<ChoiceEvent, void, undefined>;

/** A controller that aborts when the signal does. */
export function followed(signal: AbortSignal): AbortController {
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  return controller;
}

/**
 * Passes the events through and calls `ended` when they are over. Workers stop a request's code, even its cleanup, when
 * the client leaves, unless `waitUntil` is used; a place in the queue would then be lost.
 */
export function outliving(events: AnswerEvents, c: Context, ended: () => void): AnswerEvents {
  const { promise, resolve } = Promise.withResolvers<void>();
  waitUntil(c, promise);
  return closing(events, () => {
    ended();
    resolve();
  });
}

/** Ends the answer after that many milliseconds, if it is a number, and throws `error` in its place. */
export function timed(
  events: AnswerEvents,
  { time, stop, error }: { readonly time: number | undefined; readonly stop: AbortController; readonly error: Error },
): AnswerEvents {
  if (time === undefined) return events;
  const timer = setTimeout(() => stop.abort(error), time);
  const all = async function* (): AnswerEvents {
    try {
      yield* events;
    } catch (cause) {
      throw stop.signal.reason === error ? error : cause;
    }
  };
  return closing(all(), () => {
    clearTimeout(timer);
    return events.return();
  });
}

function waitUntil(c: Context, promise: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(promise);
  } catch {
    // Hono throws if the runtime is not a worker. There a request's code always runs to its end.
  }
}

/**
 * Waits for the first event, up to `patience` milliseconds, and returns all events. Rejects with the error if there was
 * one by then.
 */
export async function begun(events: AnswerEvents, patience: number): Promise<AnswerEvents> {
  const first = events.next();
  const all = async function* (): AnswerEvents {
    const { done, value } = await first;
    if (done !== true) yield value;
    yield* events;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([first, late]).finally(() => clearTimeout(timer));
  return closing(all(), () => events.return());
}
