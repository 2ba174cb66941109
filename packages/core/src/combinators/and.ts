import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Charge, Verdict, Verifier } from "../verifier.ts";
import { combinedNeeds, combinedReads } from "./children.ts";

/**
 * Accepts what every child accepts. Children are asked in order, and no further once everything is refused. The
 * replacement is that of the first child that refuses, else p.
 */
export function and(...children: readonly Verifier[]): Verifier {
  const [only] = children;
  if (only === undefined) throw new TypeError("and() takes at least one verifier.");
  const gate = children.every((child) => child.gate === true);
  return {
    name: `and(${children.map((child) => child.name).join(", ")})`,
    law: children.length === 1 ? only.law : gate ? "mixture" : "none",
    needs: combinedNeeds(children),
    reads: combinedReads(children),
    gate: gate || undefined,
    joint: children.some((child) => child.joint === true) || undefined,
    async verify(round) {
      const accept = round.draft.map(() => true);
      const charges: Charge[] = [];
      const refusedBy: (Verdict | undefined)[] = round.draft.map(() => undefined);
      for (const child of children) {
        const verdict = await child.verify(round);
        charges.push(...(verdict.charges ?? []));
        for (const [at, accepted] of verdict.accept.entries()) {
          if (accepted || accept[at] === false) continue;
          accept[at] = false;
          refusedBy[at] = verdict;
        }
        if (!accept.some(Boolean)) break;
      }
      return { accept, replacement: (at) => refusedBy[at]?.replacement?.(at) ?? round.target.row(at), charges };
    },
  };
}

/**
 * `and` as a policy: `{"type": "and", "all": [{"type": "topk", "k": 10, "delta": 0.6}, {"type": "kl", "threshold":
 * 1}]}`.
 */
export const andPlugin: VerifierPlugin = verifierPlugin({
  name: "and",
  summary: "Accepts what all of its children accept.",
  example: {
    all: [
      { type: "topk", k: 10, delta: 0.6 },
      { type: "kl", threshold: 1 },
    ],
  },
  schema: v.strictObject({ all: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  create: ({ all }, registry, path) => and(...all.map((child, i) => registry.create(child, `${path}.all[${i}]`))),
});
