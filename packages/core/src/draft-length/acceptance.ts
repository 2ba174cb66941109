import type { DraftOutcome } from "./draft-length.ts";

/** How likely drafted tokens are to be accepted, learned from the rounds of one answer. */
export interface Acceptance {
  /** The chance, 0 to 1, that the drafted token at this index is accepted if all before it were. */
  at(index: number): number;
  learn(outcome: DraftOutcome): void;
}

/** What is assumed before the first round: 9 of 10 tokens, as if seen on 4 tokens. */
const [firstRate, firstTested] = [0.9, 4];
/** As if each index had been seen this often with the rate of all indices together. */
const shared = 8;
/** Counts of earlier rounds shrink by this with each round. */
const memory = 0.97;

/**
 * Counts with a prior, by index: where a draft has gone well for a while, it tends to go on well, so that a single rate
 * would make blocks too short. Indices that were seen little follow the rate of all.
 */
export function acceptance(): Acceptance {
  let [accepted, tested] = [firstRate * firstTested, firstTested];
  const byIndex: { accepted: number; tested: number }[] = [];
  return {
    at(index) {
      const seen = byIndex[index] ?? { accepted: 0, tested: 0 };
      return (seen.accepted + (shared * accepted) / tested) / (seen.tested + shared);
    },
    learn(outcome) {
      const decided = Math.min(outcome.drafted, outcome.accepted + 1);
      accepted = memory * accepted + outcome.accepted;
      tested = memory * tested + decided;
      for (let index = byIndex.length; index < decided; index++) byIndex.push({ accepted: 0, tested: 0 });
      for (const [index, seen] of byIndex.entries()) {
        seen.accepted = memory * seen.accepted + (index < outcome.accepted ? 1 : 0);
        seen.tested = memory * seen.tested + (index < decided ? 1 : 0);
      }
    },
  };
}
