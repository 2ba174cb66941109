import type { Row } from "./evidence.ts";
import type { Measure } from "./reading.ts";

/** D(p, q) in nats. Infinite if a term divides by zero, so such a position never counts as close. */
export function divergence(p: Row, q: Row, measure: Measure): number {
  switch (measure) {
    case "kl":
      return klDivergence(p, q);
    case "reverse-kl":
      return klDivergence(q, p);
    case "js":
      return jensenShannon(p, q);
    case "tv":
      return totalVariation(p, q);
  }
}

/** KL(p‖q) = Σ p·ln(p/q); 0·ln 0 = 0; infinite where q = 0 < p. */
export function klDivergence(p: Row, q: Row): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] as number;
    if (a > 0) sum += a * Math.log(a / (q[i] as number));
  }
  return Math.max(0, sum);
}

/** Half of KL(p‖m) + KL(q‖m), m = (p+q)/2: at most ln 2. */
export function jensenShannon(p: Row, q: Row): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] as number;
    const b = q[i] as number;
    const m = (a + b) / 2;
    if (a > 0) sum += a * Math.log(a / m);
    if (b > 0) sum += b * Math.log(b / m);
  }
  return Math.max(0, sum / 2);
}

/** Half the sum of |p − q|: 0 to 1. */
export function totalVariation(p: Row, q: Row): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs((p[i] as number) - (q[i] as number));
  return sum / 2;
}

/** (p − q)₊ normalised: the residual of speculative sampling (2211.17192, algorithm 1). If p = q, it is p. */
export function residual(p: Row, q: Row): Row {
  const row = new Float32Array(p.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const excess = (p[i] as number) - (q[i] as number);
    if (excess > 0) sum += row[i] = excess;
  }
  if (sum <= 0) return p;
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum;
  return row;
}

/** Shannon entropy in nats. */
export function entropy(row: Row): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const p = row[i] as number;
    if (p > 0) sum -= p * Math.log(p);
  }
  return Math.max(0, sum);
}
