import * as v from "valibot";
import type { Row } from "../evidence/evidence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/** p without one token, renormalised; p if nothing else is left. */
function without(p: Row, token: number): Row {
  const rest = p.slice();
  rest[token] = 0;
  const mass = rest.reduce((sum, value) => sum + value, 0);
  return mass > 0 ? rest.map((value) => value / mass) : p;
}

/**
 * SGLang's acceptance thresholds: accept x when u ≤ p(x)/t_acc or p(x) ≥ t_single, regardless of the drafter's row; on
 * rejection draw from p without x. With both at 1 this is a draw from p in two steps (x or not x), so the text is
 * exactly the target's for any draft.
 */
export function threshold({
  accept = 1,
  single = 1,
}: {
  readonly accept?: number | undefined;
  readonly single?: number | undefined;
} = {}): Verifier {
  return {
    name: "threshold",
    law: accept === 1 && single === 1 ? "exact" : "none",
    reads: ["processed probability"],
    verify({ draft, target, uniform }) {
      return {
        accept: draft.map((token, at) => {
          const p = target.probability(at, token);
          return p > 0 && ((uniform[at] as number) * accept <= p || p >= single);
        }),
        replacement: (at) => without(target.row(at), draft[at] as number),
        thinning: (at) => (token) => (token === draft[at] ? 0 : 1),
      };
    },
  };
}

const share = v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)));

/** `threshold` as a policy: `{"type": "threshold", "accept": 0.7, "single": 0.9}`. */
export const thresholdPlugin: VerifierPlugin = verifierPlugin({
  name: "threshold",
  summary: "Accepts by the target's probability only, scaled by a threshold: lossy below 1.",
  source: "SGLang, speculative_accept_threshold_acc and _single",
  law: "none",
  strict: { accept: 1, single: 1 },
  parameter: { name: "accept", looser: "down", values: [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05] },
  example: { accept: 0.7, single: 0.9 },
  schema: v.strictObject({ accept: share, single: share }),
  create: threshold,
});
