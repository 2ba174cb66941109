import * as v from "valibot";
import { drawByNoise } from "../noise.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/**
 * Gumbel coupling (2408.07978): the target's token at each position is drawn by noise that depends only on the seed and
 * the position; accept x when it is that token. A drafter that draws by the same noise often proposes it: at least with
 * probability (1 − TV)/(1 + TV). The text is a function of the seed and the target: drafts change only its speed, and
 * it is distributed exactly as the target's processed row. Needs no row of the drafter.
 */
export function coupled(): Verifier {
  return {
    name: "coupled",
    law: "exact",
    drawing: "noise",
    verify({ draft, target, context, noise, greedy }) {
      const chosen = (at: number) =>
        greedy ? target.argmax(at) : drawByNoise(target.row(at), noise, context.length + at);
      return { accept: draft.map((token, at) => token === chosen(at)) };
    },
  };
}

/** `coupled` as a policy: `{"type": "coupled"}`. */
export const coupledPlugin: VerifierPlugin = verifierPlugin({
  name: "coupled",
  summary: "Same seed, same text, with any draft or none: lossless, accepts a little less than sd.",
  source: "Gumbel coupling (2408.07978)",
  law: "exact",
  strict: {},
  example: {},
  schema: v.strictObject({}),
  create: () => coupled(),
});
