import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { oneHot } from "../sampling.ts";
import type { Verifier } from "../verifier.ts";

/**
 * Exact match: accept x when it is the target's argmax, otherwise emit the argmax. The text is the target's greedy text
 * at any temperature: lossless at temperature 0, a different distribution above it. Needs no softmax.
 */
export function exact(): Verifier {
  return {
    name: "exact",
    law: "none",
    reads: ["argmax"],
    verify({ draft, target }) {
      return {
        accept: draft.map((token, at) => token === target.argmax(at)),
        replacement: (at) => oneHot(target.argmax(at), target.vocabulary),
        thinning: (at) => (token) => (token === target.argmax(at) ? 1 : 0),
      };
    },
  };
}

/** `exact` as a policy: `{"type": "exact"}`. */
export const exactPlugin: VerifierPlugin = verifierPlugin({
  name: "exact",
  summary: "Accepts only the target's most probable token: greedy text at any temperature.",
  source: "blockwise parallel decoding (1811.03115, section 3)",
  law: "none",
  strict: {},
  strictMode: "greedy",
  example: {},
  schema: v.strictObject({}),
  create: () => exact(),
});
