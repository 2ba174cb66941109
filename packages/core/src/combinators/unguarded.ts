import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/** The rule as published, without the guard that keeps control tokens strict and stops loops. */
export function unguarded(child: Verifier): Verifier {
  return { ...child, unguarded: true };
}

/** `unguarded` as a policy, around a whole policy: `{"type": "unguarded", "of": {"type": "kl", "threshold": 0.4}}`. */
export const unguardedPlugin: VerifierPlugin = verifierPlugin({
  name: "unguarded",
  summary:
    "The rule without lenity's guard, so EOS may be accepted leniently and loops continue. Use it as the outermost part.",
  example: { of: { type: "kl", threshold: 0.4 } },
  schema: v.strictObject({ of: v.unknown() }),
  create: ({ of }, registry, path) => unguarded(registry.create(of, `${path}.of`)),
});
