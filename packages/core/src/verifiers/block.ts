import * as v from "valibot";
import type { Row } from "../evidence/evidence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Round, Verifier } from "../verifier.ts";
import { draftProbability, draftRow } from "./sd.ts";

/**
 * Block verification (2403.10444, algorithm 2): one decision for the whole block. P_j = min(1, P_{j−1}·p(x_j)/q(x_j));
 * with S_j = Σ(P_j·p − q)₊ at the next position, keep the largest j with u_j ≤ S_j/(S_j + 1 − P_j), with P_K as the
 * bound for j = K. The replacement is drawn from (P_j·p − q)₊. The text is distributed exactly as the target, and the
 * expected number of accepted tokens is never below that of `sd`.
 */
export function block(): Verifier {
  return {
    name: "block",
    law: "exact",
    joint: true,
    verify(round) {
      const { draft, target, uniform } = round;
      const kept: number[] = [1]; // P_j
      let accepted = 0;
      for (let j = 1; j <= draft.length; j++) {
        const ratio = target.probability(j - 1, draft[j - 1] as number) / draftProbability(round, j - 1);
        const weight = Math.min(1, (kept[j - 1] as number) * ratio);
        kept.push(weight);
        if (weight === 0) break; // all later ones are 0 as well
        const threshold =
          j === draft.length ? weight : acceptance(weight, excess(target.row(j), draftRow(round, j), weight));
        if ((uniform[j - 1] as number) <= threshold) accepted = j;
      }
      return {
        accept: draft.map((_, at) => at < accepted),
        replacement: (at) => scaledResidual(round, at, kept[at] ?? 1),
      };
    },
  };
}

const acceptance = (weight: number, mass: number): number => (weight === 1 ? 1 : mass / (mass + 1 - weight));

/** Σ(weight·p − q)₊ */
function excess(p: Row, q: Row, weight: number): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.max(0, weight * (p[i] as number) - (q[i] as number));
  return sum;
}

/** (weight·p − q)₊ normalised; p if nothing is left. */
function scaledResidual(round: Round, at: number, weight: number): Row {
  const [p, q] = [round.target.row(at), draftRow(round, at)];
  const mass = excess(p, q, weight);
  return mass > 0 ? p.map((value, i) => Math.max(0, weight * value - (q[i] as number)) / mass) : p;
}

/** `block` as a policy: `{"type": "block"}`. */
export const blockPlugin: VerifierPlugin = verifierPlugin({
  name: "block",
  summary: "Block verification: lossless, and accepts at least as much as sd.",
  source: "2403.10444, algorithm 2",
  law: "exact",
  strict: {},
  example: {},
  schema: v.strictObject({}),
  create: () => block(),
});
