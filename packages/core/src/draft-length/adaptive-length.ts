/**
 * The draft length of each round, chosen for the most tokens a second.
 *
 * The length with the highest quotient of expected tokens and time is chosen, as in vLLM's SmartSpec (2406.14066,
 * goodput) for one request. How long a block may be grows from 8 while all of one is accepted. Where plain decoding has
 * the highest quotient, drafting rests, and one drafted token is tried after longer and longer pauses: a hopeless text
 * costs a probe in 64 tokens, and one that becomes easy again is noticed by the first probe that is accepted, after
 * which everything begins as it did at first.
 */
import { acceptance } from "./acceptance.ts";
import type { Costs } from "./costs.ts";
import type { DraftLength } from "./draft-length.ts";

/** Plain rounds before the first probe, and the most before a later one: each pause is twice the one before. */
const [firstPause, longestPause] = [12, 64];

/** Plain decoding has to be that much faster than drafts would be: where both are alike, pauses lose more than drafts. */
const clearly = 1.1;

/** The longest block until all of one is accepted: a block then may be twice as long as that one. */
const firstLongest = 8;

/** What decides about the lengths of an answer. */
export interface AdaptiveOptions {
  /** The longest draft. */
  readonly longest: number;
  /** The costs of the next round. */
  readonly costs: () => Costs;
}

/** Lengths from 0 to `longest`. Depends on nothing but the outcomes of earlier rounds and on `costs`. */
export function adaptiveLength({ longest, costs }: AdaptiveOptions): DraftLength {
  let [expected, grown] = [acceptance(), firstLongest];
  let [left, pause, probing] = [0, firstPause, false];
  const rest = () => {
    [left, pause] = [pause, Math.min(longestPause, 2 * pause)];
    probing = true;
  };
  return {
    longest,
    choose(limit) {
      const most = Math.max(0, Math.min(longest, limit));
      if (most === 0) return 0;
      if (left === 0 && !probing) {
        const best = bestLength(Math.min(grown, most), costs(), expected.reached);
        if (best > 0) return best;
        rest();
      }
      if (left === 0) return 1;
      left--;
      return 0;
    },
    scored() {},
    learn(outcome) {
      const { drafted, accepted } = outcome;
      if (drafted === 0) return;
      if (!probing) {
        expected.learn(outcome);
        if (accepted === drafted) grown = Math.max(grown, 2 * drafted);
        // Drafts pay again for a while, so that the next pause may be short.
        if (accepted >= 4) pause = firstPause;
      } else if (accepted > 0) {
        [expected, grown, probing] = [acceptance(), firstLongest, false];
      } else rest();
    },
  };
}

/** The length, 0 to `most`, with the most tokens in a unit of time. */
function bestLength(most: number, { plain, base, perToken }: Costs, reached: (n: number) => number): number {
  let [best, speed] = [0, 1 / (clearly * plain)];
  let tokens = 1;
  for (let length = 1; length <= most; length++) {
    tokens += reached(length);
    const now = tokens / (base + length * perToken);
    if (now > speed) [best, speed] = [length, now];
  }
  return best;
}
