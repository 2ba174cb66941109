/**
 * A custom acceptance rule as a plugin. custom-verifier.ts runs it; custom-verifier.test.ts runs the conformance tests.
 */
import { type VerifierPlugin, verifierPlugin } from "@lenity/core";
import * as v from "valibot";

/** Accepts tokens that are nearly as probable as the target's best one. */
export const nearly: VerifierPlugin = verifierPlugin({
  name: "nearly",
  summary: "Accepts tokens with at least a given share of the highest probability: lossy.",
  example: { share: 0.5 },
  schema: v.strictObject({ share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  create: ({ share }) => ({
    name: "nearly",
    law: "none",
    // Everything it reads from the rows. A target on a GPU then sends only these numbers. Optional; without it, rows
    // are sent.
    reads: ["raw probability", "raw confidence"],
    verify: ({ draft, target }) => ({
      accept: draft.map((token, at) => target.probability(at, token, "raw") >= share * target.confidence(at, "raw")),
    }),
  }),
});
