import * as v from "valibot";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { replacedBy } from "../replacement.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { Charge, Verifier } from "../verifier.ts";
import { sd } from "../verifiers/sd.ts";
import { combinedDrawing, combinedNeeds, combinedReads, lawByPosition } from "./children.ts";
import { type Condition, condition, conditionSchema } from "./condition.ts";

/** Uses one rule at positions where the condition holds, and another (default `sd`) elsewhere. */
export function when(condition: Condition, then: Verifier, otherwise: Verifier = sd()): Verifier {
  const branches = [then, otherwise];
  return {
    name: `when(${then.name}, ${otherwise.name})`,
    law: condition.positional
      ? lawByPosition(branches)
      : branches.every(({ law, joint }) => law === "exact" && joint !== true) && then.name === otherwise.name
        ? "exact"
        : "none",
    drawing: combinedDrawing(branches),
    needs: combinedNeeds(branches),
    reads: combinedReads([condition, ...branches]),
    gate: (condition.positional && branches.every(({ gate }) => gate === true)) || undefined,
    joint: branches.some(({ joint }) => joint === true) || undefined,
    async verify(round) {
      const holds = condition.holds(round);
      const yes = holds.includes(true) ? await then.verify(round) : undefined;
      const no = holds.includes(false) ? await otherwise.verify(round) : undefined;
      const chosen = (at: number) => (holds[at] === true ? yes : no);
      return {
        accept: holds.map((_, at) => chosen(at)?.accept[at] === true),
        by: holds.map((held, at) => chosen(at)?.by?.[at] ?? (held ? then : otherwise).name),
        ...replacedBy(chosen, round.target),
        charges: [yes, no].flatMap((verdict) =>
          (verdict?.charges ?? []).map((charge) => chargedWhere(charge, (at) => chosen(at) === verdict)),
        ),
      };
    },
  };
}

/** The charge for the positions that this branch decides. */
function chargedWhere({ ledger, nats }: Charge, decides: (at: number) => boolean): Charge {
  return { ledger, nats: nats.map((cost, at) => (decides(at) ? cost : 0)) };
}

/**
 * `when` as a policy: `{"type": "when", "condition": {"min_entropy": 0.5}, "then": {…}, "else": {…}}`. Conditions on
 * text need the tokenizer.
 */
export const whenPlugin = (tokenizer: Tokenizer | undefined): VerifierPlugin =>
  verifierPlugin({
    name: "when",
    summary:
      "One rule where a condition holds (confidence, entropy, a region of the text, a set of tokens), another elsewhere.",
    example: { condition: { min_entropy: 0.5 }, then: { type: "topk", k: 10, delta: 0.6 }, else: { type: "sd" } },
    schema: v.strictObject({ condition: conditionSchema, then: v.unknown(), else: v.optional(v.unknown()) }),
    create: (options, registry, path) => {
      const otherwise = options.else === undefined ? undefined : registry.create(options.else, `${path}.else`);
      return when(
        condition(options.condition, tokenizer, `${path}.condition`),
        registry.create(options.then, `${path}.then`),
        otherwise,
      );
    },
  });
