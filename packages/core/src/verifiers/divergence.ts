import * as v from "valibot";
import { closer } from "../evidence/closer.ts";
import type { Measure, RowKind } from "../evidence/reading.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/** Options of the divergence gate. */
export interface DivergenceOptions {
  /** Default js: symmetric and bounded by ln 2. */
  readonly measure?: Measure | undefined;
  /** Accept where the divergence is below this. 0 or less accepts nothing: strict. */
  readonly threshold: number;
  /** Default processed. */
  readonly rows?: RowKind | undefined;
}

/**
 * Fuzzy speculative decoding (2502.20704, section 3): accept any draft token where a divergence between target and
 * drafter is below a threshold. It never looks at the token, so the text follows q where the gate opens and p
 * elsewhere.
 */
export function divergenceGate({ measure = "js", threshold, rows = "processed" }: DivergenceOptions): Verifier {
  return {
    name: "divergence",
    law: "mixture",
    gate: true,
    needs: { draftRows: true },
    reads: [`${rows} ${measure}`],
    verify({ draft, target, drafter }) {
      if (drafter === undefined) throw new TypeError("divergence compares rows, and the round has no drafter rows.");
      return {
        accept: draft.map((_, at) => threshold > 0 && closer(target, at, drafter, measure, threshold, rows)),
      };
    },
  };
}

/** `divergence` as a policy: `{"type": "divergence", "measure": "js", "threshold": 0.1}`. */
export const divergencePlugin: VerifierPlugin = verifierPlugin({
  name: "divergence",
  summary:
    "Accepts where a divergence between the two rows (kl, reverse-kl, js, tv) is small: lossy, needs no training.",
  source: "2502.20704, section 3",
  law: "mixture",
  needs: { draftRows: true },
  strict: { threshold: 0 },
  parameter: { name: "threshold", looser: "up", values: [0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6] },
  example: { measure: "js", threshold: 0.1 },
  schema: v.strictObject({
    measure: v.optional(v.picklist(["kl", "reverse-kl", "js", "tv"])),
    threshold: v.pipe(v.number(), v.minValue(0)),
    rows: v.optional(v.picklist(["raw", "processed"])),
  }),
  create: divergenceGate,
});
