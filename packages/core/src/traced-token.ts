import type { EmittedToken } from "./decode-event.ts";
import type { Token } from "./model.ts";
import type { Round } from "./verifier.ts";

/** The trace of the token emitted at position `at` of a round: from raw rows, including the drafter's if it has one. */
export function tracedToken(token: Token, round: Round, at: number): Pick<EmittedToken, "p" | "q" | "kl"> {
  const drafter = at < round.draft.length ? round.drafter : undefined;
  return {
    p: round.target.probability(at, token, "raw"),
    q: drafter?.probability(at, token, "raw"),
    kl: drafter === undefined ? undefined : round.target.divergence(at, drafter, "kl", "raw"),
  };
}
