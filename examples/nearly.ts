/**
 * An acceptance rule of one's own, as a plugin. custom-verifier.ts runs it, custom-verifier.test.ts holds it to what
 * every rule owes.
 */
import { type VerifierPlugin, verifierPlugin } from "@lenity/core";
import * as v from "valibot";

/** Accepts a token that is nearly as probable as the target's best one. */
export const nearly: VerifierPlugin = verifierPlugin({
  name: "nearly",
  summary: "Accepts tokens with at least a share of the highest probability: lossy.",
  example: { share: 0.5 },
  schema: v.strictObject({ share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  create: ({ share }) => ({
    name: "nearly",
    law: "none",
    // All that it reads of the rows: a target on a GPU then sends these numbers alone. Optional; without it, rows are
    // sent.
    reads: ["raw probability", "raw confidence"],
    verify: ({ draft, target }) => ({
      accept: draft.map((token, at) => target.probability(at, token, "raw") >= share * target.confidence(at, "raw")),
    }),
  }),
});
