import type { LanguageModel } from "../model.ts";
import type { Costs } from "./costs.ts";

/** The times of rounds. */
export interface RoundTimes {
  /** The newest, in milliseconds, by their number of drafted tokens. */
  readonly byLength: Map<number, readonly number[]>;
  /** How many rounds with drafts were timed since the last plain one. */
  sincePlain: number;
}

/** No times yet. */
export const noTimes = (): RoundTimes => ({ byLength: new Map(), sincePlain: 0 });

/** How many times are kept for each number of drafted tokens: their median forgets a pause of the machine. */
const kept = 5;

/** Adds the time of a round. Clocks that stand still while a program runs (workerd) give 0, which is ignored. */
export function addTime(times: RoundTimes, drafted: number, milliseconds: number): void {
  times.sincePlain = drafted === 0 ? 0 : times.sincePlain + 1;
  if (!(milliseconds > 0)) return;
  times.byLength.set(drafted, [...(times.byLength.get(drafted) ?? []), milliseconds].slice(-kept));
}

/** One answer after another times a plain round until there are so many, and then one in so many rounds does. */
const [plainTimes, plainEvery] = [3, 64];

/** Whether a plain round is worth its time: too few were timed when an answer begins, or the last one is long ago. */
export function lacksPlain({ byLength, sincePlain }: RoundTimes, begins: boolean): boolean {
  return sincePlain >= plainEvery || (begins && (byLength.get(0)?.length ?? 0) < plainTimes);
}

/** Lengths at which the usual costs count as a part of a time: they decide the slope until lengths differ. */
const [assumed, assumedWeight] = [[2, 12], 0.05];

/**
 * A line through the medians, weighted by their number, and through the usual costs in units of the plain round. Before
 * a plain round was timed, these alone.
 */
export function measuredCosts(times: Pick<RoundTimes, "byLength">, usual: Costs): Costs {
  const plain = median(times.byLength.get(0) ?? []);
  if (plain === undefined) return usual;
  const points = assumed.map(
    (n) => [n, ((usual.base + n * usual.perToken) / usual.plain) * plain, assumedWeight] as const,
  );
  for (const [n, seen] of times.byLength) if (n > 0) points.push([n, median(seen) as number, seen.length]);
  let [weight, ns, ts] = [0, 0, 0];
  for (const [n, t, w] of points) [weight, ns, ts] = [weight + w, ns + w * n, ts + w * t];
  const [n0, t0] = [ns / weight, ts / weight];
  let [across, squares] = [0, 0];
  for (const [n, t, w] of points) {
    across += w * (n - n0) * (t - t0);
    squares += w * (n - n0) ** 2;
  }
  const perToken = Math.max(0, across / squares);
  return { plain, base: t0 - perToken * n0, perToken };
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}

/** Times outlive the answer: no text depends on them, and later answers need not measure again. */
const known = new WeakMap<LanguageModel, Map<string, RoundTimes>>();

/** The times of rounds of this target under settings of this name. */
export function timesOf(target: LanguageModel, settings: string): RoundTimes {
  const all = known.get(target) ?? new Map<string, RoundTimes>();
  const times = all.get(settings) ?? noTimes();
  known.set(target, all.set(settings, times));
  return times;
}
