import * as v from "valibot";
import { residual } from "../evidence/divergence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { oneHot } from "../sampling.ts";
import type { Round, Thinning, Verifier } from "../verifier.ts";

/**
 * Strict rules reject early, so long blocks are wasted work: with the embedded pair, blocks of 6 to 8 tokens were the
 * fastest of 4 to 16.
 */
export const strictDraftTokens = 8;

/** q(x). It is 1 if the drafter only proposes tokens, because such a draft is a point mass. */
export function draftProbability(round: Round, at: number): number {
  return round.drafter?.probability(at, round.draft[at] as number) ?? 1;
}

/** Draws from p, kept with the chance of 1 − q/p where that is above 0, follow (p−q)₊. */
export const residualThinning =
  ({ drafter, draft }: Round) =>
  (at: number): Thinning =>
  (token, p) =>
    Math.max(0, 1 - (drafter?.probability(at, token) ?? (token === draft[at] ? 1 : 0)) / p);

/** The drafter's processed row, or the point mass on the drafted token. */
export function draftRow(round: Round, at: number): Float32Array {
  return round.drafter?.row(at) ?? oneHot(round.draft[at] as number, round.target.vocabulary);
}

/**
 * Speculative sampling (2211.17192, algorithm 1; 2302.01318, algorithm 2): accept x when u ≤ p(x)/q(x), on rejection
 * draw from (p−q)₊. Emitted tokens are distributed exactly as the target's processed row. At temperature 0 it accepts
 * only the target's argmax.
 */
export function sd(): Verifier {
  return {
    name: "sd",
    law: "exact",
    reads: ["processed probability"],
    verify(round) {
      const { draft, target, uniform } = round;
      return {
        accept: draft.map((token, at) => {
          const p = target.probability(at, token);
          const coin = uniform[at] as number;
          // q is at most 1, so q is not needed when the coin is at most p.
          return p > 0 && (coin <= p || coin * draftProbability(round, at) <= p);
        }),
        replacement: (at) => residual(target.row(at), draftRow(round, at)),
        thinning: residualThinning(round),
      };
    },
  };
}

/** `sd` as a policy: `{"type": "sd"}`. */
export const sdPlugin: VerifierPlugin = verifierPlugin({
  name: "sd",
  summary: "Speculative sampling: lossless.",
  source: "2211.17192, algorithm 1; 2302.01318, algorithm 2",
  law: "exact",
  strict: {},
  example: {},
  schema: v.strictObject({}),
  create: () => sd(),
});
