import type { EmittedToken } from "./decode-event.ts";
import type { Token } from "./model.ts";
import type { Round } from "./verifier.ts";

/**
 * What a trace says of the token that position `at` of a round has emitted: raw rows, the drafter's where there is one.
 */
export function tracedToken(token: Token, round: Round, at: number): Pick<EmittedToken, "p" | "q" | "kl"> {
  const drafter = at < round.draft.length ? round.drafter : undefined;
  return {
    p: round.target.probability(at, token, "raw"),
    q: drafter?.probability(at, token, "raw"),
    kl: drafter === undefined ? undefined : round.target.divergence(at, drafter, "kl", "raw"),
  };
}
