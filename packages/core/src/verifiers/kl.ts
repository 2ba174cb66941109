import * as v from "valibot";
import { closer } from "../evidence/closer.ts";
import type { RowKind } from "../evidence/reading.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/** Options of the KL gate. */
export interface KlOptions {
  /** Accept where KL(p‖q) in nats is below this. 0 or less accepts nothing: strict. */
  readonly threshold: number;
  /** Accept only where the target's highest probability is at most this, 0 to 1. Default 1: everywhere. */
  readonly maxConfidence?: number | undefined;
  /** The rows that are compared. Default raw. */
  readonly rows?: RowKind | undefined;
}

/**
 * The training-free judge "JuDi" (2601.04766): accept any draft token where target and drafter nearly agree, KL(p‖q) <
 * τ over the full vocabulary, and the target is unsure, max p ≤ c. It never looks at the token, so the text follows q
 * where the gate opens and p elsewhere.
 */
export function kl({ threshold, maxConfidence = 1, rows = "raw" }: KlOptions): Verifier {
  return {
    name: "kl",
    law: "mixture",
    gate: true,
    needs: { draftRows: true },
    reads: [`${rows} confidence`, `${rows} kl`],
    verify({ draft, target, drafter }) {
      if (drafter === undefined) throw new TypeError("kl compares rows, and the round has no drafter rows.");
      return {
        accept: draft.map(
          (_, at) =>
            threshold > 0 &&
            target.confidence(at, rows) <= maxConfidence &&
            closer(target, at, drafter, "kl", threshold, rows),
        ),
      };
    },
  };
}

/** `kl` as a policy: `{"type": "kl", "threshold": 0.4, "max_confidence": 0.9}`. */
export const klPlugin: VerifierPlugin = verifierPlugin({
  name: "kl",
  summary: "Accepts where the rows of target and drafter nearly agree: lossy, needs no training.",
  source: "2601.04766",
  law: "mixture",
  needs: { draftRows: true },
  strict: { threshold: 0 },
  parameter: {
    name: "threshold",
    looser: "up",
    values: [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5],
  },
  example: { threshold: 0.4, max_confidence: 0.9 },
  schema: v.strictObject({
    threshold: v.pipe(v.number(), v.minValue(0)),
    max_confidence: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    rows: v.optional(v.picklist(["raw", "processed"])),
  }),
  create: ({ threshold, max_confidence, rows }) => kl({ threshold, maxConfidence: max_confidence, rows }),
});
