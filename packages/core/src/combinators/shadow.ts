import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";
import { combinedNeeds, combinedReads } from "./children.ts";

/**
 * Decides with `live`, and records what each candidate would have accepted in the same blocks. The text is that of
 * `live`, token for token.
 */
export function shadow(live: Verifier, ...candidates: readonly Verifier[]): Verifier {
  return {
    ...live,
    needs: combinedNeeds([live, ...candidates]),
    reads: combinedReads([live, ...candidates]),
    async verify(round) {
      const verdict = await live.verify(round);
      const shadows = [...(verdict.shadows ?? [])];
      for (const candidate of candidates) {
        const { accept, charges } = await candidate.verify(round);
        shadows.push({ name: candidate.name, accept, charges });
      }
      return { ...verdict, shadows };
    },
  };
}

/**
 * `shadow` as a policy: `{"type": "shadow", "of": {"type": "sd"}, "candidates": [{"type": "kl", "threshold": 0.4}]}`.
 */
export const shadowPlugin: VerifierPlugin = verifierPlugin({
  name: "shadow",
  summary: "Decides with one rule and reports how many more tokens others would have accepted.",
  example: { of: { type: "sd" }, candidates: [{ type: "kl", threshold: 0.4 }] },
  schema: v.strictObject({ of: v.unknown(), candidates: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  create: ({ of, candidates }, registry, path) =>
    shadow(
      registry.create(of, `${path}.of`),
      ...candidates.map((child, i) => registry.create(child, `${path}.candidates[${i}]`)),
    ),
});
