import * as v from "valibot";
import { residual } from "../evidence/divergence.ts";
import type { Row } from "../evidence/evidence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/** π: q on the tokens with p ≥ (1−a)·max p, plus p scaled by the mass that q puts elsewhere. */
export function cascadeLaw(p: Row, q: Row, alpha: number): Row {
  const { least, deferred } = deferral(p, q, alpha);
  const law = new Float32Array(p.length);
  for (let i = 0; i < p.length; i++) {
    const value = p[i] as number;
    law[i] = (value >= least ? (q[i] as number) : 0) + deferred * value;
  }
  return law;
}

/** The lowest probability that the target accepts, and the mass that q puts on tokens below it. */
function deferral(p: Row, q: Row, alpha: number): { least: number; deferred: number } {
  let highest = 0;
  for (let i = 0; i < p.length; i++) if ((p[i] as number) > highest) highest = p[i] as number;
  const least = (1 - alpha) * highest;
  let deferred = 0;
  for (let i = 0; i < p.length; i++) if ((p[i] as number) < least) deferred += q[i] as number;
  return { least, deferred };
}

/**
 * Speculative cascades, token-specific rule (2405.19261, section 4.4): defer to the target only on draft tokens that it
 * considers poor. With A = {v: p(v) ≥ (1−a)·max p}, π = q on A plus (1 − q(A))·p, and speculative sampling runs against
 * π: the text follows π exactly. Any a below 0 makes A empty, which is strict; a = 0 is not.
 */
export function cascade({ alpha }: { readonly alpha: number }): Verifier {
  return {
    name: "cascade",
    law: alpha < 0 ? "exact" : "mixture",
    needs: { draftRows: true },
    verify({ draft, target, drafter, uniform }) {
      if (drafter === undefined) throw new TypeError("cascade mixes rows, and the round has no drafter rows.");
      const lawAt = (at: number, token: number): number => {
        const p = target.probability(at, token);
        if (alpha < 0) return p;
        const { least, deferred } = deferral(target.row(at), drafter.row(at), alpha);
        return (p >= least ? drafter.probability(at, token) : 0) + deferred * p;
      };
      return {
        accept: draft.map((token, at) => {
          const mass = lawAt(at, token);
          return mass > 0 && (uniform[at] as number) * drafter.probability(at, token) <= mass;
        }),
        replacement: (at) => residual(cascadeLaw(target.row(at), drafter.row(at), alpha), drafter.row(at)),
      };
    },
  };
}

/** `cascade` as a policy: `{"type": "cascade", "alpha": 0.3}`. */
export const cascadePlugin: VerifierPlugin = verifierPlugin({
  name: "cascade",
  summary: "Defers to the target only on tokens that it considers poor: lossy, follows a known mixture.",
  source: "2405.19261, section 4.4",
  law: "mixture",
  needs: { draftRows: true },
  strict: { alpha: -1 },
  parameter: { name: "alpha", looser: "up", values: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99] },
  example: { alpha: 0.3 },
  schema: v.strictObject({ alpha: v.pipe(v.number(), v.maxValue(1)) }),
  create: cascade,
});
