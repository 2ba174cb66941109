import type { Evidence, Round, Row } from "@lenity/core";

/**
 * At a position whose drafted token x is known to be emitted: ln p(x)/π(x), where π is what the position emits, and the
 * probability that x was accepted and not a replacement. A strict position emits p. A relaxed one emits what the draft
 * proposes, but control tokens only as `sd` would, with its replacements.
 */
export function relaxedLaw(
  { draft, target, drafter, control }: Pick<Round, "draft" | "target" | "drafter" | "control">,
  relaxed: boolean,
): { readonly ratio: number; readonly accepted: number } {
  const x = draft[0] as number;
  const [p, q] = [target.row(0), (drafter as Evidence).row(0)] as const;
  const [px, qx] = [p[x] as number, q[x] as number];
  const asStrict = Math.min(px, qx);
  if (!relaxed) return { ratio: 0, accepted: asStrict / px };
  const taken = control.has(x) ? asStrict : qx;
  const law = taken + (Math.max(0, px - qx) * rejectedMass(p, q, control)) / excessMass(p, q);
  return { ratio: Math.log(px / law), accepted: taken / law };
}

/** The probability that a drafted control token is rejected. */
function rejectedMass(p: Row, q: Row, control: ReadonlySet<number>): number {
  let mass = 0;
  for (const token of control) mass += Math.max(0, (q[token] ?? 0) - (p[token] ?? 0));
  return mass;
}

/** The mass of (p − q)₊, which replacements are drawn from. */
function excessMass(p: Row, q: Row): number {
  const mass = p.reduce((sum, value, i) => sum + Math.max(0, value - (q[i] as number)), 0);
  return mass > 0 ? mass : 1;
}
