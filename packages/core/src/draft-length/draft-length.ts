/** What became of a round's draft. */
export interface DraftOutcome {
  /** Drafted tokens that the target scored. 0: the round was plain. */
  readonly drafted: number;
  /** How many of them were accepted. */
  readonly accepted: number;
}

/** How many tokens are drafted in each round of one answer. */
export interface DraftLength {
  /** The longest draft. 0: plain decoding. */
  readonly longest: number;
  /** The most tokens to draft in the next round, 0 to `limit`. Not asked for a round in which the drafter prepares. */
  choose(limit: number): number;
  /** Called when the round's block has been scored: what comes then may wait for a slow reader. */
  scored(): void;
  /** Called after each round. */
  learn(outcome: DraftOutcome): void;
}

/** The same number in every round. */
export function fixedLength(longest: number): DraftLength {
  return { longest, choose: (limit) => Math.max(0, Math.min(longest, limit)), scored() {}, learn() {} };
}
