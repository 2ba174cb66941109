import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/**
 * Medusa's typical acceptance (2401.10774, section 3.3.1): accept x when p(x) > min(ε, δ·e^{−H(p)}), so the less
 * certain the target is, the lower the bar. Replacement p. Makes no claim about the law; at temperature 0 it accepts
 * only the argmax.
 */
export function typical({
  epsilon = 0.09,
  delta = 0.3,
}: {
  readonly epsilon?: number | undefined;
  readonly delta?: number | undefined;
} = {}): Verifier {
  return {
    name: "typical",
    law: "none",
    reads: ["processed probability", "processed entropy"],
    verify({ draft, target }) {
      return {
        accept: draft.map(
          (token, at) => target.probability(at, token) > Math.min(epsilon, delta * Math.exp(-target.entropy(at))),
        ),
      };
    },
  };
}

const share = v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)));

/** `typical` as a policy: `{"type": "typical"}`. */
export const typicalPlugin: VerifierPlugin = verifierPlugin({
  name: "typical",
  summary: "Accepts tokens above a threshold that falls with the target's entropy: lossy above temperature 0.",
  source: "2401.10774, section 3.3.1",
  law: "none",
  parameter: {
    name: "epsilon",
    looser: "down",
    values: [0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.09, 0.08, 0.06, 0.04, 0.02, 0.01],
  },
  example: { epsilon: 0.09, delta: 0.3 },
  schema: v.strictObject({ epsilon: share, delta: share }),
  create: typical,
});
