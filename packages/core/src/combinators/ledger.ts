import * as v from "valibot";
import { LenityError } from "../error.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Round, Verdict, Verifier } from "../verifier.ts";
import { sd } from "../verifiers/sd.ts";

/**
 * Relaxes where a gate opens, as long as the sum of KL(p‖q) over all relaxed tokens of the request stays within a
 * budget B; `sd` elsewhere. The choice depends only on the prefix, so by the chain rule KL(P‖Π) ≤ B for the whole text,
 * and TV(P, Π) ≤ √(B/2). Drafts must be sampled, by a model, from the processed rows that the KL is computed on.
 */
export function ledger(child: Verifier, { budget }: { readonly budget: number }): Verifier {
  if (child.gate !== true) {
    throw new LenityError(
      "invalid_policy",
      `"${child.name}" looks at the drafted token, so ledger cannot bound it; expected a rule that does not (kl, divergence, or combinations of them).`,
    );
  }
  const strict = sd();
  const ledger = Symbol(`ledger(${child.name})`);
  return {
    name: `ledger(${child.name})`,
    law: "bounded",
    needs: { ...child.needs, draftRows: true, mode: "sampled" },
    budget,
    async verify(round) {
      let spent = round.spent.get(ledger) ?? 0;
      const nats: number[] = [];
      const opens = (await child.verify(round)).accept;
      const { accept: exact, replacement, thinning } = strict.verify(round) as Verdict;
      const accept = round.draft.map(() => false);
      const by: (string | undefined)[] = round.draft.map(() => undefined);
      for (let at = 0; at < accept.length; at++) {
        const cost =
          opens[at] === true && !round.control.has(round.target.argmax(at))
            ? costOf(round, at)
            : Number.POSITIVE_INFINITY;
        const relaxed = spent + cost <= budget;
        nats.push(relaxed ? cost : 0);
        if (relaxed) spent += cost;
        // A relaxed position accepts any drafted token except control tokens, which the cost accounts for.
        accept[at] = (relaxed && !round.control.has(round.draft[at] as number)) || exact[at] === true;
        by[at] = exact[at] === true ? "sd" : child.name;
        if (accept[at] === false) break;
      }
      return { accept, by, replacement, thinning, charges: [{ ledger, nats }] };
    },
  };
}

/** An upper bound on KL(p‖π), for π = q with control tokens strict: for those, q counts only up to p. */
function costOf({ target, drafter, control }: Round, at: number): number {
  if (drafter === undefined) throw new TypeError("ledger compares rows, and the round has no drafter rows.");
  let cost = target.divergence(at, drafter, "kl", "processed");
  for (const token of control) {
    const [p, q] = [target.probability(at, token), drafter.probability(at, token)];
    if (p > 0 && q > p) cost += p * Math.log(q / p);
  }
  return cost;
}

/**
 * `ledger` as a policy: `{"type": "ledger", "budget": 1, "of": {"type": "kl", "threshold": 0.4, "rows": "processed"}}`.
 */
export const ledgerPlugin: VerifierPlugin = verifierPlugin({
  name: "ledger",
  summary:
    "Relaxes by a gate until the whole answer has spent a budget of KL(target‖text), then is strict: lossy, bounded.",
  source: "chain rule of KL over the gate of 2601.04766",
  law: "bounded",
  needs: { draftRows: true, mode: "sampled" },
  strict: { budget: 0, of: { type: "kl", threshold: 0 } },
  parameter: { name: "budget", looser: "up", values: [0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 8, 12, 20] },
  example: { budget: 1, of: { type: "kl", threshold: 0.4, rows: "processed" } },
  schema: v.strictObject({ budget: v.pipe(v.number(), v.minValue(0)), of: v.unknown() }),
  create: ({ budget, of }, registry, path) => ledger(registry.create(of, `${path}.of`), { budget }),
});
