import type { Request } from "./decode-request.ts";
import type { DecidedRound } from "./drafter-rounds.ts";
import { loops } from "./guard.ts";
import { addRound } from "./metrics.ts";

/** Adds a round to the answer. Rows are shaped when they are read, by the context of the round: all must have been. */
export function commit(request: Request, round: DecidedRound): void {
  request.committed.push(...round.tokens.map(({ token }) => token));
  request.overshoots.push(...round.overshoots);
  request.counters = addRound(request.counters, round);
  request.draftLength.learn(round);
  request.looping ||= loops(request.committed, request.promptLength);
  if (request.remaining <= 0) request.reason ??= "length";
}
