/** Rounds that are drafted, verified and drawn where the models are. */
import { commit } from "./commit.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { checkCancelled, type Request } from "./decode-request.ts";
import type { DecidedRound, Rounds } from "./drafter-rounds.ts";
import type { Session } from "./model.ts";
import { policySource } from "./policy-source.ts";

/**
 * The rounds of the request, if its drafter offers them and nothing but tokens is read of them here: no rows, and no
 * rule or clock of the caller's own.
 */
export function roundsOffered(session: Session, request: Request, options: DecodeOptions): Rounds | undefined {
  const { drafter, draftLength, shaping, trace, logprobs, committed, remaining: maxTokens } = request;
  const { verifier, draftTokens, maxDraftTokens, clock } = options;
  const reads = shaping !== undefined || trace === true || logprobs !== undefined || clock !== undefined;
  if (drafter?.rounds === undefined || reads || draftLength.longest === 0 || maxTokens === 0) return undefined;
  const policy = verifier === undefined ? { policy: "strict", registry: -1 } : policySource(verifier);
  if (policy === undefined) return undefined;
  const { sampling, seed, control, signal, scope } = request;
  const { eos } = request.target;
  const settings = { policy, sampling, seed, maxTokens, draftTokens, maxDraftTokens, control, eos };
  return drafter.rounds({ session, prompt: [...committed], settings, signal, scope });
}

/**
 * Rounds until the answer ends, as `rounds` gives them. The models work on those that follow while the reader has
 * these; `left` ends that if the reader leaves, or if a token stops the answer that they did not know of.
 */
export async function* roundsElsewhere(
  session: Session,
  request: Request,
  offered: Rounds,
  left: AbortController,
): AsyncGenerator<DecidedRound, void, undefined> {
  let coming = offered.next();
  try {
    while (request.reason === undefined) {
      const decided = await coming;
      checkCancelled(request.signal);
      if (decided.length === 0) throw new TypeError("The drafter gave no rounds; expected at least one.");
      if (!ends(request, decided)) {
        coming = offered.next();
        coming.catch(() => {});
      }
      for (const round of decided) {
        const kept = untilStop(request, round);
        commit(request, kept);
        yield kept;
        if (request.reason !== undefined) break;
      }
    }
  } finally {
    left.abort();
    await coming.catch(() => {});
  }
  await session.rewind(request.committed.length - 1);
}

/** Whether the answer ends with these rounds. */
function ends({ eos, remaining }: Request, rounds: readonly DecidedRound[]): boolean {
  const tokens = rounds.flatMap(({ tokens }) => tokens);
  return tokens.length >= remaining || eos.has(tokens.at(-1)?.token ?? -1);
}

/** The round up to the token that ends the answer, if one does. */
function untilStop(request: Request, round: DecidedRound): DecidedRound {
  const { eos, stop } = request;
  const last = round.tokens.findIndex(({ token }) => eos.has(token) || stop?.(token) === true);
  if (last < 0) return round;
  request.reason = "stop";
  const tokens = round.tokens.slice(0, last + 1);
  if (tokens.length === round.tokens.length) return round;
  const ignored = round.accepted - Math.min(round.accepted, tokens.length);
  return { ...round, tokens, ignored, drawn: undefined, overshoots: round.overshoots.slice(0, tokens.length) };
}
