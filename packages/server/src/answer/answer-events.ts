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

function waitUntil(c: Context, promise: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(promise);
  } catch {
    // Hono throws if the runtime is not a worker. There a request's code always runs to its end.
  }
}

/** Waits for the first event and returns all events. Rejects with the error if there is no first event. */
export async function begun(events: AnswerEvents): Promise<AnswerEvents> {
  const first = await events.next();
  const all = async function* (): AnswerEvents {
    if (first.done !== true) yield first.value;
    yield* events;
  };
  return closing(all(), () => events.return());
}
