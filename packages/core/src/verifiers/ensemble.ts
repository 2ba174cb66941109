import * as v from "valibot";
import { residual } from "../evidence/divergence.ts";
import type { Row } from "../evidence/evidence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { argmax, oneHot } from "../sampling.ts";
import type { Round, Verifier } from "../verifier.ts";

/** weight·p + (1 − weight)·q */
function mixture(p: Row, q: Row, weight: number): Row {
  return p.map((value, i) => weight * value + (1 - weight) * (q[i] as number));
}

const drafterOf = (round: Round) => {
  if (round.drafter === undefined) throw new TypeError("ensemble mixes rows, and the round has no drafter rows.");
  return round.drafter;
};

/**
 * Speculative ensemble: accept x when u ≤ v(x)/q(x), v = w·p + (1−w)·q; on rejection draw from (p−q)₊, which is (v−q)₊
 * normalised. The text follows v exactly, with a total variation of (1−w)·TV(p, q) from the target. At temperature 0 it
 * emits the argmax of v from raw rows.
 */
export function ensemble({ weight }: { readonly weight: number }): Verifier {
  return {
    name: "ensemble",
    law: weight === 1 ? "exact" : "mixture",
    needs: { draftRows: true },
    verify(round) {
      const { draft, target, uniform, greedy } = round;
      const drafter = drafterOf(round);
      if (greedy) {
        const best = (at: number) =>
          weight === 1 ? target.argmax(at) : argmax(mixture(target.row(at, "raw"), drafter.row(at, "raw"), weight));
        return {
          accept: draft.map((token, at) => token === best(at)),
          replacement: (at) => oneHot(best(at), target.vocabulary),
        };
      }
      return {
        accept: draft.map((token, at) => {
          const [p, q] = [target.probability(at, token), drafter.probability(at, token)];
          const mixed = weight * p + (1 - weight) * q;
          return mixed > 0 && (uniform[at] as number) * q <= mixed;
        }),
        replacement: (at) => residual(target.row(at), drafter.row(at)),
      };
    },
  };
}

/** `ensemble` as a policy: `{"type": "ensemble", "weight": 0.7}`. */
export const ensemblePlugin: VerifierPlugin = verifierPlugin({
  name: "ensemble",
  summary: "Emits exactly the mixture weight·target + (1 − weight)·draft: lossy by a known amount.",
  source: "speculative ensemble (2502.01662)",
  law: "mixture",
  needs: { draftRows: true },
  strict: { weight: 1 },
  parameter: { name: "weight", looser: "down", values: [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0] },
  example: { weight: 0.7 },
  schema: v.strictObject({ weight: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  create: ensemble,
});
