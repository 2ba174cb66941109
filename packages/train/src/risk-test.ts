/**
 * p-values of the hypothesis that the expected loss is above a limit, from the losses of independent prompts (Learn
 * then Test, 2110.01052). Each grows with the sum of the losses.
 */
import { binomialTail } from "./proportions.ts";

/** The p-value from the sum of `count` losses, for a limit in (0, 1). */
export type RiskTest = (sum: number, count: number, limit: number) => number;

/** For losses that are 0 or 1: the binomial tail, which is exact. */
export const binomialTest: RiskTest = (sum, count, limit) => binomialTail(sum, count, limit);

/** For losses from 0 to 1: the lower of Hoeffding's and Bentkus's bounds. */
export const hoeffdingBentkus: RiskTest = (sum, count, limit) => {
  const mean = Math.min(sum / count, limit);
  const divergence = term(mean, limit) + term(1 - mean, 1 - limit);
  return Math.min(1, Math.exp(-count * divergence), Math.E * binomialTail(Math.ceil(sum), count, limit));
};

/** a·ln(a/b), which is 0 at a = 0. */
const term = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
