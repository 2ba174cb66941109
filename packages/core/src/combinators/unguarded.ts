import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/** The rule as published: without the guard that keeps control tokens strict and loops from going on. */
export function unguarded(child: Verifier): Verifier {
  return { ...child, unguarded: true };
}

/** `unguarded` as a policy, around a whole one: `{"type": "unguarded", "of": {"type": "kl", "threshold": 0.4}}`. */
export const unguardedPlugin: VerifierPlugin = verifierPlugin({
  name: "unguarded",
  summary:
    "The rule without lenity's guard: EOS may be judged leniently, and loops go on. As the outermost part of a policy.",
  example: { of: { type: "kl", threshold: 0.4 } },
  schema: v.strictObject({ of: v.unknown() }),
  create: ({ of }, registry, path) => unguarded(registry.create(of, `${path}.of`)),
});
