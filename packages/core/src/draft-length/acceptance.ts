import type { DraftOutcome } from "./draft-length.ts";

/** How likely drafted tokens are to be accepted, learned from the rounds of one answer. */
export interface Acceptance {
  /** The chance, 0 to 1, that a drafted token is accepted if all before it in its block were. */
  readonly rate: number;
  learn(outcome: DraftOutcome): void;
}

/** The first rate counts as if it had been seen on so many tokens. */
const firstTested = 5;
/** Counts of earlier rounds shrink by this with each round. */
const memory = 0.97;

/**
 * Counts of whole rounds: a mean that favors the newest token would see little but the rejection that ends a round. A
 * rate for each place in the block was tried; it chose no better. `firstRate` is assumed before the first round.
 */
export function acceptance(firstRate: number): Acceptance {
  let [accepted, tested] = [firstRate * firstTested, firstTested];
  return {
    get rate() {
      return accepted / tested;
    },
    learn(outcome) {
      accepted = memory * accepted + outcome.accepted;
      tested = memory * tested + Math.min(outcome.drafted, outcome.accepted + 1);
    },
  };
}
