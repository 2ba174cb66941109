import type { DraftOutcome } from "./draft-length.ts";

/** How likely drafted tokens are to be accepted, learned from the rounds of one answer. */
export interface Acceptance {
  /** The chance, 0 to 1, that the first n tokens of the next draft are all accepted. */
  reached(n: number): number;
  learn(outcome: DraftOutcome): void;
}

/** What a text may be like: the chance that a drafted token is accepted if all before it in its block were. */
const rates = [0.1, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98];
/** How likely each of them is before the first round. */
const before = [0.04, 0.08, 0.12, 0.16, 0.16, 0.2, 0.24];

/** This part of what was believed before the first round comes back with each round: texts change. */
const forgotten = 0.003;

/**
 * Bayes' rule over the rates: a draft of n is all accepted with the mean of aⁿ over what is believed of a (2211.17192,
 * equation 1, has one a). One mean rate in the place of the belief took a text that began well for easy long after.
 */
export function acceptance(): Acceptance {
  let belief = before;
  return {
    reached: (n) => sum(belief.map((likely, at) => likely * (rates[at] as number) ** n)),
    learn({ drafted, accepted }) {
      const seen = belief.map((likely, at) => {
        const rate = rates[at] as number;
        return likely * rate ** accepted * (accepted < drafted ? 1 - rate : 1);
      });
      const all = sum(seen);
      belief = seen.map((likely, at) => ((1 - forgotten) * likely) / all + forgotten * (before[at] as number));
    },
  };
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
