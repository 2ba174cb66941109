import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Replacement } from "../replacement.ts";
import type { Charge, Law, Verifier } from "../verifier.ts";
import { combinedDrawing, combinedNeeds, combinedReads } from "./children.ts";

/**
 * Accepts what any child accepts. Children run in order, until every token is accepted: put expensive ones last. The
 * replacement is that of the first child that has one, else p. `or(sd, gate)` emits q where the gate opens and exactly
 * p elsewhere.
 */
export function or(...children: readonly Verifier[]): Verifier {
  if (children.length === 0) throw new TypeError("or() was called without verifiers; expected at least one.");
  return {
    name: `or(${children.map((child) => child.name).join(", ")})`,
    law: lawOf(children),
    drawing: combinedDrawing(children),
    needs: combinedNeeds(children),
    reads: combinedReads(children),
    gate: children.every((child) => child.gate === true) || undefined,
    joint: children.some((child) => child.joint === true) || undefined,
    async verify(round) {
      const accept = round.draft.map(() => false);
      const by: (string | undefined)[] = round.draft.map(() => undefined);
      let replaced: Replacement = {};
      const charges: Charge[] = [];
      for (const child of children) {
        const verdict = await child.verify(round);
        if (replaced.replacement === undefined) replaced = verdict;
        charges.push(...(verdict.charges ?? []));
        for (const [at, accepted] of verdict.accept.entries()) {
          if (!accepted || accept[at] === true) continue;
          accept[at] = true;
          by[at] = verdict.by?.[at] ?? child.name;
        }
        if (accept.every(Boolean)) break;
      }
      return { accept, by, replacement: replaced.replacement, thinning: replaced.thinning, charges };
    },
  };
}

/** One exact rule plus gates is still a mixture; with other rules nothing is known about the text. */
function lawOf(children: readonly Verifier[]): Law {
  const [only] = children;
  if (children.length === 1 && only !== undefined) return only.law;
  const rest = children.filter((child) => child.gate !== true);
  if (rest.length === 0) return "mixture";
  return rest.length === 1 && rest[0]?.law === "exact" && rest[0].joint !== true ? "mixture" : "none";
}

/** `or` as a policy: `{"type": "or", "any": [{"type": "sd"}, {"type": "kl", "threshold": 0.3}]}`. */
export const orPlugin: VerifierPlugin = verifierPlugin({
  name: "or",
  summary: "Accepts what any of its children accepts.",
  example: { any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] },
  schema: v.strictObject({ any: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  create: ({ any }, registry, path) => or(...any.map((child, i) => registry.create(child, `${path}.any[${i}]`))),
});
