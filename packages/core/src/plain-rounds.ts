/** Plain decoding where the target's own process draws the tokens: several in each call. */
import type { DecodeEvent, EmittedToken } from "./decode-event.ts";
import type { Request } from "./decode-request.ts";
import { checkCancelled } from "./decode-request.ts";
import { loops } from "./guard.ts";
import { addRound, type RoundOutcome } from "./metrics.ts";
import type { Session, Token } from "./model.ts";

/** The most tokens in a call, so that a stop string ends the answer soon and another request's turn comes soon. */
const mostTokens = 8;

type DrawingSession = Session & Required<Pick<Session, "draw">>;

/** Whether nothing but tokens is read of the target's rows, and the session can draw them. */
export function drawsItself(session: Session, request: Request): session is DrawingSession {
  const { draftLength, shaping, trace, logprobs } = request;
  const readsRows = draftLength.longest > 0 || shaping !== undefined || trace === true || logprobs !== undefined;
  return !readsRows && session.draw !== undefined;
}

/**
 * Draws until the answer ends. Yields the tokens of each call. They are those that rounds of one token would give: each
 * has the coin, or the noise, that it has there.
 */
export async function* plainRounds(
  session: DrawingSession,
  request: Request,
): AsyncGenerator<DecodeEvent, void, undefined> {
  const { committed, verifier, sampling, seed, random, signal } = request;
  const noise = verifier.drawing === "noise" ? seed : undefined;
  const coins: number[] = [];
  while (request.reason === undefined) {
    checkCancelled(signal);
    const limit = Math.min(request.remaining, mostTokens);
    while (coins.length < limit) coins.push(random());
    const settings = { limit, sampling, uniform: coins.slice(0, limit), noise, signal };
    const drawn = await session.draw(committed.slice(session.length), settings);
    coins.splice(0, drawn.length);
    const tokens = commitAll(request, drawn);
    // Restores the invariant of the loop: those after the end are dropped.
    await session.rewind(committed.length - 1);
    yield { type: "round", tokens };
  }
}

/** Adds the tokens to the answer up to its end, each as a round of its own. */
function commitAll(request: Request, drawn: readonly Token[]): readonly EmittedToken[] {
  const { committed, eos, stop, promptLength } = request;
  const tokens: EmittedToken[] = [];
  for (const token of drawn) {
    if (request.reason !== undefined) break;
    const emitted = { token, source: "target", by: undefined, relaxed: false } as const;
    tokens.push(emitted);
    committed.push(token);
    request.counters = addRound(request.counters, { ...drawnToken, tokens: [emitted] });
    request.looping ||= loops(committed, promptLength);
    if (eos.has(token) || stop?.(token) === true) request.reason = "stop";
    else if (request.remaining <= 0) request.reason = "length";
  }
  return tokens;
}

/** What the counters say of a round without a draft. */
const drawnToken: Omit<RoundOutcome, "tokens"> = {
  ...{ drafted: 0, accepted: 0, rejected: false, drawn: "bonus", ignored: 0, by: [], undecided: 0 },
};
