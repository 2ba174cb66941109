/** Drafts as many tokens as pay for the round trip: long blocks where calls are slow, short ones where they are fast. */
import type { Draft, Drafter, DraftRequest, Token } from "@lenity/core";
import { commonPrefix } from "@lenity/core/internal";
import type { Wire } from "./wire.ts";

/** What decides how long a block should be. Times are in milliseconds. */
export interface Pace {
  /** The share of drafted tokens that are accepted where all before them were, 0 to 1. */
  readonly acceptance: number;
  /** The time of a call. */
  readonly roundTrip: number;
  /** The time to draft a token. */
  readonly perToken: number;
}

/** The block length with the most tokens a second: a block of K emits (1 − aᴷ⁺¹)/(1 − a) tokens in the mean. */
export function bestLength({ acceptance, roundTrip, perToken }: Pace, limit: number): number {
  let [best, most] = [Math.min(1, limit), 0];
  let emitted = 1;
  for (let length = 1; length <= limit; length++) {
    emitted += acceptance ** length;
    const speed = emitted / (roundTrip + length * perToken);
    // A longer block has to pay: those that are hardly faster only cost the engine work.
    if (speed > most * 1.001) [best, most] = [length, speed];
  }
  return best;
}

/** What is assumed before anything is known: that 4 of 5 tokens were accepted, and milliseconds a token. */
const [firstAccepted, firstTested, firstPerToken] = [4, 5, 1];
/** How much the newest time counts, and by what the counts of earlier rounds shrink with each round. */
const [newest, memory] = [0.2, 0.95];

/**
 * The drafter with blocks of that length, up to the request's limit. It reads the round trip of the target from `wire`,
 * its own speed from the clock, and the acceptance from what became of its last draft. The lengths depend on times, so
 * above temperature 0 the same seed need not give the same answer; the text stays distributed as the policy says.
 */
export function pacedDrafter(
  drafter: Drafter,
  wire: Pick<Wire, "roundTrip">,
  clock: () => number = () => performance.now(),
): Drafter {
  let [accepted, tested, perToken] = [firstAccepted, firstTested, firstPerToken];
  let expected: readonly Token[] = [];
  let drafted = 0;
  const learn = (context: readonly Token[]) => {
    if (drafted === 0) return;
    const kept = Math.min(drafted, Math.max(0, commonPrefix(expected, context) - (expected.length - drafted)));
    // Counts of whole rounds: a mean that favors the newest token would see little but the rejection that ends a round.
    accepted = memory * accepted + kept;
    tested = memory * tested + Math.min(drafted, kept + 1);
  };
  // Nothing to prepare, for the same reason as in eager-drafter.ts.
  const { prepare, ...others } = drafter;
  return {
    ...others,
    paced: true,
    async propose(request: DraftRequest): Promise<Draft> {
      learn(request.context);
      const limit = bestLength({ acceptance: accepted / tested, perToken, roundTrip: wire.roundTrip }, request.limit);
      const begun = clock();
      const draft = await drafter.propose({ ...request, limit });
      if (draft.tokens.length > 0) perToken += newest * ((clock() - begun) / draft.tokens.length - perToken);
      const tokens = draft.tokens.slice(0, limit);
      expected = [...request.context, ...tokens];
      drafted = tokens.length;
      return { ...draft, tokens };
    },
    close: () => drafter.close(),
  };
}
