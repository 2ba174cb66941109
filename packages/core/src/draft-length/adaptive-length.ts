/**
 * The draft length of each round, chosen for the most tokens a second.
 *
 * A round that drafts n tokens emits 1 + a + … + aⁿ tokens in the mean, where a is the acceptance rate (2211.17192,
 * equation 1), and the length with the highest quotient of tokens and time is chosen, as in vLLM's SmartSpec
 * (2406.14066, goodput) for one request. Where plain decoding has the highest, drafting rests, and one drafted token is
 * tried after longer and longer pauses: a hopeless text costs a probe in 64 tokens, and one that becomes easy again is
 * noticed by the first probe that is accepted.
 */
import { acceptance } from "./acceptance.ts";
import type { Costs } from "./costs.ts";
import type { DraftLength } from "./draft-length.ts";

/** Plain rounds before the first probe, and the most before a later one: each pause is twice the one before. */
const [firstPause, longestPause] = [16, 64];

/** Plain decoding has to be that much faster than drafts would be: where both are alike, pauses lose more than drafts. */
const clearly = 1.03;

/** What decides about the lengths of an answer. */
export interface AdaptiveOptions {
  /** The longest draft. */
  readonly longest: number;
  /** The acceptance rate that is assumed before the first round, and when a probe was accepted. Default 0.9. */
  readonly firstRate?: number | undefined;
  /** The costs of the next round. */
  readonly costs: () => Costs;
}

/** Lengths from 0 to `longest`. Depends on nothing but the outcomes of earlier rounds and on `costs`. */
export function adaptiveLength({ longest, firstRate = 0.9, costs }: AdaptiveOptions): DraftLength {
  let expected = acceptance(firstRate);
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
        const best = bestLength(most, costs(), expected.rate);
        if (best > 0) return best;
        rest();
      }
      if (left === 0) return 1;
      left--;
      return 0;
    },
    scored() {},
    learn(outcome) {
      if (outcome.drafted === 0) return;
      if (!probing) {
        expected.learn(outcome);
        // Drafts pay again for a while, so that the next pause may be short.
        if (outcome.accepted >= 4) pause = firstPause;
      } else if (outcome.accepted > 0) {
        expected = acceptance(firstRate);
        probing = false;
      } else rest();
    },
  };
}

/** The length, 0 to `most`, with the most tokens in a unit of time. */
function bestLength(most: number, { plain, base, perToken }: Costs, rate: number): number {
  let [best, speed] = [0, 1 / (clearly * plain)];
  let [tokens, reached] = [1, 1];
  for (let length = 1; length <= most; length++) {
    reached *= rate;
    tokens += reached;
    const now = tokens / (base + length * perToken);
    if (now > speed) [best, speed] = [length, now];
  }
  return best;
}
