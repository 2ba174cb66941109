import * as v from "valibot";
import type { Evidence, Row } from "../evidence/evidence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";

/**
 * The law π of mentored decoding at one position: p/a where q is above that, p/b where q is below that, q in between.
 */
export interface Mentored {
  /** At most 1: 1 is strict, 0 accepts everything. */
  readonly a: number;
  /** At least 1. */
  readonly b: number;
}

/** For a given a: the b with which π sums to 1, and KL(p‖π). */
function lawOf(p: Row, q: Row, a: number): { b: number; distance: number } {
  let rejected = 0;
  for (let i = 0; i < p.length; i++) rejected += Math.max(0, (q[i] as number) - (p[i] as number) / a);
  // Σ(c·p − q)₊ = rejected, solved for c = 1/b: convex and piecewise linear in c, so Newton's method from above takes a
  // few steps.
  let c = 1;
  for (let step = 0; step < 50; step++) {
    let mass = 0;
    let slope = 0;
    for (let i = 0; i < p.length; i++) {
      const excess = c * (p[i] as number) - (q[i] as number);
      if (excess > 0) [mass, slope] = [mass + excess, slope + (p[i] as number)];
    }
    if (slope === 0 || mass <= rejected * (1 + 1e-9)) break;
    c = Math.max(0, c - (mass - rejected) / slope);
  }
  let distance = 0;
  for (let i = 0; i < p.length; i++) {
    const value = p[i] as number;
    if (value > 0) distance += value * Math.log(value / Math.max(c * value, Math.min(q[i] as number, value / a)));
  }
  return { b: 1 / c, distance };
}

/** The most lenient π with KL(p‖π) ≤ budget. */
export function mentoredLaw(p: Row, q: Row, budget: number): Mentored {
  if (budget <= 0) return { a: 1, b: 1 };
  let [low, high] = [0, 1]; // high always stays within the budget
  for (let step = 0; step < 40 && high - low > 1e-6 * high; step++) {
    const middle = (low + high) / 2;
    if (lawOf(p, q, middle).distance <= budget) high = middle;
    else low = middle;
  }
  return { a: high, b: lawOf(p, q, high).b };
}

/**
 * Mentored decoding (Tran-Thien 2023): the law closest to the draft with KL(p‖π) ≤ D at each position. Accept outright
 * where KL(p‖q) ≤ D; else accept x when u ≤ p(x)/(a·q(x)) with the smallest a ≤ 1 that stays within the bound, found by
 * bisection, and on rejection draw from (p/b − q)₊. D = 0 is `sd`.
 */
export function mentored({ budget }: { readonly budget: number }): Verifier {
  return {
    name: "mentored",
    law: budget <= 0 ? "exact" : "bounded",
    needs: { draftRows: true },
    verify({ draft, target, drafter, uniform }) {
      if (drafter === undefined) throw new TypeError("mentored compares rows, and the round has no drafter rows.");
      const laws = new Map<number, Mentored>();
      const law = (at: number): Mentored => {
        const known = laws.get(at) ?? mentoredLaw(target.row(at), drafter.row(at), budget);
        laws.set(at, known);
        return known;
      };
      return {
        accept: draft.map((token, at) => accepts(target, drafter, at, token, uniform[at] as number)),
        replacement(at) {
          const [p, q, { b }] = [target.row(at), drafter.row(at), law(at)];
          const rest = p.map((value, i) => Math.max(0, value / b - (q[i] as number)));
          const mass = rest.reduce((sum, value) => sum + value, 0);
          return mass > 0 ? rest.map((value) => value / mass) : p;
        },
      };

      function accepts(target: Evidence, drafter: Evidence, at: number, token: number, coin: number): boolean {
        const [p, q] = [target.probability(at, token), drafter.probability(at, token)];
        if (p > 0 && coin * q <= p) return true; // any a ≤ 1 accepts it
        if (budget > 0 && target.divergence(at, drafter, "kl") <= budget) return true;
        return p > 0 && coin * law(at).a * q <= p;
      }
    },
  };
}

/** `mentored` as a policy: `{"type": "mentored", "budget": 0.2}`. */
export const mentoredPlugin: VerifierPlugin = verifierPlugin({
  name: "mentored",
  summary: "Accepts as much as a bound on KL(target‖text) at each position allows: lossy, bounded.",
  source: "Tran-Thien 2023, An optimal lossy variant of speculative decoding",
  law: "bounded",
  needs: { draftRows: true },
  strict: { budget: 0 },
  parameter: { name: "budget", looser: "up", values: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3] },
  example: { budget: 0.2 },
  schema: v.strictObject({ budget: v.pipe(v.number(), v.minValue(0)) }),
  create: mentored,
});
