import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { replacedBy } from "../replacement.ts";
import type { Charge, Verdict, Verifier } from "../verifier.ts";
import { combinedDrawing, combinedNeeds, combinedReads } from "./children.ts";

/**
 * Accepts what every child accepts. Children run in order, until every token is rejected. The replacement is that of
 * the first child that rejects, else p.
 */
export function and(...children: readonly Verifier[]): Verifier {
  const [only] = children;
  if (only === undefined) throw new TypeError("and() was called without verifiers; expected at least one.");
  const gate = children.every((child) => child.gate === true);
  return {
    name: `and(${children.map((child) => child.name).join(", ")})`,
    law: children.length === 1 ? only.law : gate ? "mixture" : "none",
    drawing: combinedDrawing(children),
    needs: combinedNeeds(children),
    reads: combinedReads(children),
    gate: gate || undefined,
    joint: children.some((child) => child.joint === true) || undefined,
    async verify(round) {
      const accept = round.draft.map(() => true);
      const charges: Charge[] = [];
      const rejectedBy: (Verdict | undefined)[] = round.draft.map(() => undefined);
      for (const child of children) {
        const verdict = await child.verify(round);
        charges.push(...(verdict.charges ?? []));
        for (const [at, accepted] of verdict.accept.entries()) {
          if (accepted || accept[at] === false) continue;
          accept[at] = false;
          rejectedBy[at] = verdict;
        }
        if (!accept.some(Boolean)) break;
      }
      return { accept, ...replacedBy((at) => rejectedBy[at], round.target), charges };
    },
  };
}

/**
 * `and` as a policy: `{"type": "and", "all": [{"type": "topk", "k": 10, "delta": 0.6}, {"type": "kl", "threshold":
 * 1}]}`.
 */
export const andPlugin: VerifierPlugin = verifierPlugin({
  name: "and",
  summary: "Accepts what all its children accept.",
  example: {
    all: [
      { type: "topk", k: 10, delta: 0.6 },
      { type: "kl", threshold: 1 },
    ],
  },
  schema: v.strictObject({ all: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  create: ({ all }, registry, path) => and(...all.map((child, i) => registry.create(child, `${path}.all[${i}]`))),
});
