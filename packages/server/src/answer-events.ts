/**
 * The events of one answer on their way to the client. Whoever stops reading them, and when, ends the answer: its turn,
 * its session, its drafter.
 */
import type { Answer, GenerateEvent } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { Context } from "hono";

export type AnswerEvents = AsyncGenerator<GenerateEvent, void, undefined>;

/** A controller that aborts when the signal does. */
export function followed(signal: AbortSignal): AbortController {
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  return controller;
}

/**
 * The same events, of which `ended` is told the end. Workers end a request's code with its client, cleanup and all,
 * unless told to wait: a place in the queue would be lost.
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
    // Hono throws where the runtime is no worker: its requests' code runs to its end in any case.
  }
}

/** The same events, once the first is there. Rejects with what stopped it. */
export async function begun(events: AnswerEvents): Promise<AnswerEvents> {
  const first = await events.next();
  const all = async function* (): AnswerEvents {
    if (first.done !== true) yield first.value;
    yield* events;
  };
  return closing(all(), () => events.return());
}

export async function answerOf(events: AnswerEvents): Promise<Answer> {
  for await (const event of events) if (event.type === "finish") return event.answer;
  throw new Error("run() ended without an answer.");
}
