import { adaptiveLength } from "./adaptive-length.ts";
import type { Costs } from "./costs.ts";
import type { DraftLength } from "./draft-length.ts";
import { addTime, lacksPlain, measuredCosts, type RoundTimes } from "./measured-costs.ts";

/** What the lengths of an answer may be measured with. */
export interface TimedOptions {
  readonly longest: number;
  /** What is assumed of costs that were not measured yet. */
  readonly usual: Costs;
  /** Known times, which grow. */
  readonly times: RoundTimes;
  /** Milliseconds since any moment. */
  readonly clock: () => number;
}

/**
 * Adaptive lengths with measured costs, for answers whose text does not depend on them. A round is plain now and
 * then to be timed: without that, drafts that became slower than plain decoding would go on.
 */
export function timedLength({ longest, usual, times, clock }: TimedOptions): DraftLength {
  const adaptive = adaptiveLength({ longest, costs: () => measuredCosts(times, usual) });
  let [first, drafted, begun] = [true, false, 0];
  let took: number | undefined;
  return {
    longest,
    choose(limit) {
      [begun, took] = [clock(), undefined];
      const measures = lacksPlain(times, first);
      first = false;
      return measures ? 0 : adaptive.choose(limit);
    },
    scored() {
      took = clock() - begun;
    },
    learn(outcome) {
      // A drafter that was not asked in the round before has tokens to catch up with.
      if (took !== undefined && (drafted || outcome.drafted === 0)) addTime(times, outcome.drafted, took);
      took = undefined;
      drafted = outcome.drafted > 0;
      adaptive.learn(outcome);
    },
  };
}
