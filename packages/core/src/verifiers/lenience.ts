import * as v from "valibot";
import { residual } from "../evidence/divergence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";
import { draftProbability, draftRow, residualThinning } from "./sd.ts";

/**
 * Lenient speculative sampling (2211.17192, appendix A.5): accept x when u ≤ p(x)/(l·q(x)), on rejection draw from
 * (p−q)₊, so that no token is emitted with a probability above p/l. At temperature 0: accept tokens with at least l
 * times the highest raw probability, else emit the argmax.
 */
export function lenience({ lenience: l }: { readonly lenience: number }): Verifier {
  return {
    name: "lenience",
    law: l === 1 ? "exact" : "bounded",
    reads: ["argmax", "raw probability", "raw confidence", "processed probability"],
    verify(round) {
      const { draft, target, uniform, greedy } = round;
      return {
        accept: draft.map((token, at) => {
          if (greedy)
            return (
              token === target.argmax(at) ||
              (l < 1 && target.probability(at, token, "raw") >= l * target.confidence(at, "raw"))
            );
          const p = target.probability(at, token);
          return p > 0 && (uniform[at] as number) * l * draftProbability(round, at) <= p;
        }),
        replacement: (at) => residual(target.row(at), draftRow(round, at)),
        thinning: residualThinning(round),
      };
    },
  };
}

/** `lenience` as a policy: `{"type": "lenience", "lenience": 0.5}`. */
export const leniencePlugin: VerifierPlugin = verifierPlugin({
  name: "lenience",
  summary: "Speculative sampling against q scaled down by l: no token above p/l.",
  source: "2211.17192, appendix A.5",
  law: "bounded",
  strict: { lenience: 1 },
  parameter: {
    name: "lenience",
    looser: "down",
    values: [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01],
  },
  example: { lenience: 0.5 },
  schema: v.strictObject({ lenience: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)) }),
  create: lenience,
});
