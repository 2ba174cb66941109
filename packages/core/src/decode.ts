/** The decoding loop: rounds (see rounds.ts), here or where the models are, and what became of them. */
import { closing } from "./closing.ts";
import type { DecodeEvent } from "./decode-event.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { beginRequest } from "./decode-request.ts";
import type { Token } from "./model.ts";
import { overshootOf } from "./overshoot.ts";
import { drawsItself, plainRounds } from "./plain-rounds.ts";
import { rounds } from "./rounds.ts";
import { roundsElsewhere, roundsOffered } from "./rounds-elsewhere.ts";

/**
 * Continues `prompt` (at least one token). Yields the tokens of each round, then one `finish`. The models work on the
 * next round while the reader has this one; a reader who leaves ends that.
 */
export function decode(prompt: readonly Token[], options: DecodeOptions): AsyncGenerator<DecodeEvent, void, undefined> {
  return closing(events(prompt, options), () => options.drafter?.close());
}

async function* events(prompt: readonly Token[], options: DecodeOptions): AsyncGenerator<DecodeEvent, void, undefined> {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, options.signal ?? left.signal]);
  const request = beginRequest(prompt, { ...options, signal });
  const { target, scope, blockExact } = request;
  const session = await target.open({ prompt, scope, blockExact });
  try {
    await session.rewind(Math.min(session.length, prompt.length - 1));
    request.counters = { ...request.counters, cached: session.length };
    if (drawsItself(session, request)) yield* plainRounds(session, request);
    const offered = roundsOffered(session, request, options);
    const source = offered ? roundsElsewhere(session, request, offered, left) : rounds(session, request, left);
    for await (const { tokens } of source) yield { type: "round", tokens };
    const { counters, looping, overshoots, reason } = request;
    const overshoot = overshootOf(overshoots);
    yield { type: "finish", reason: reason as "stop" | "length", counters: { ...counters, looping, overshoot } };
  } finally {
    left.abort();
    await session.close();
  }
}
