/** Intervals and exact tests of proportions. */

/** P(X ≤ most) for the number X of successes in independent trials with this chance each. */
export function binomialTail(most: number, trials: number, chance: number): number {
  if (most < 0 || (chance >= 1 && most < trials)) return 0;
  if (most >= trials || chance <= 0) return 1;
  // From the mean on, the other tail is the small one, whose terms fall towards its end.
  if (most >= trials * chance) return 1 - binomialTail(trials - most - 1, trials, 1 - chance);
  let log = trials * Math.log1p(-chance);
  for (let i = 0; i < most; i++) log += Math.log((trials - i) / (i + 1)) + Math.log(chance / (1 - chance));
  let term = 1;
  let sum = 1;
  for (let i = most; i > 0 && term > sum * 1e-17; i--) {
    term *= ((i / (trials - i + 1)) * (1 - chance)) / chance;
    sum += term;
  }
  return Math.min(1, Math.exp(log) * sum);
}

/** Wilson's score interval of a proportion at 95 % (Wilson 1927). */
export function wilson(successes: number, trials: number): readonly [number, number] {
  const z = 1.96;
  const share = successes / trials;
  const middle = share + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}

/**
 * The two-sided p-value of the exact sign test, for pairs of which one is better in `better` cases and the other in
 * `worse`; ties do not count. For pairs that are right or wrong it is McNemar's exact test.
 */
export function signTest(better: number, worse: number): number {
  return Math.min(1, 2 * binomialTail(Math.min(better, worse), better + worse, 0.5));
}
