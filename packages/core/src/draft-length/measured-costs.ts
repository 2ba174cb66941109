import type { LanguageModel } from "../model.ts";
import type { Costs } from "./costs.ts";

/** The newest times of rounds, in milliseconds. */
export interface RoundTimes {
  /** Of plain rounds. */
  readonly plain: number[];
  /** Of rounds with a draft: the number of drafted tokens, and the time. */
  readonly drafted: (readonly [drafted: number, milliseconds: number])[];
  /** How many rounds with a draft there were since the last plain one. */
  sincePlain: number;
}

/** No times yet. */
export const noTimes = (): RoundTimes => ({ plain: [], drafted: [], sincePlain: 0 });

/** How many are kept: few enough that a time which a pause of the machine has spoilt does not stay for long. */
const [keptPlain, keptDrafted] = [5, 32];

/** Adds the time of a round. Clocks that stand still while a program runs (workerd) give 0, which is ignored. */
export function addTime(times: RoundTimes, drafted: number, milliseconds: number): void {
  times.sincePlain = drafted === 0 ? 0 : times.sincePlain + 1;
  if (!(milliseconds > 0)) return;
  if (drafted === 0) times.plain.push(milliseconds);
  else times.drafted.push([drafted, milliseconds]);
  if (times.plain.length > keptPlain) times.plain.shift();
  if (times.drafted.length > keptDrafted) times.drafted.shift();
}

/** One answer after another times a plain round until there are so many, and then one in so many rounds does. */
const [plainTimes, plainEvery] = [3, 64];

/** Whether a plain round is worth its time: too few were timed when an answer begins, or the last one is long ago. */
export function lacksPlain({ plain, sincePlain }: RoundTimes, begins: boolean): boolean {
  return sincePlain >= plainEvery || (begins && plain.length < plainTimes);
}

/** Lengths at which the usual costs count as a part of a time: they decide the slope until lengths differ. */
const [assumed, assumedWeight] = [[2, 12], 0.01];

/**
 * A line through the median of each length, weighted by its number of times, and through the usual costs in units of
 * the plain round. Before a plain round was timed, these alone.
 */
export function measuredCosts(times: Pick<RoundTimes, "plain" | "drafted">, usual: Costs): Costs {
  const plain = median(times.plain);
  if (plain === undefined) return usual;
  const points = assumed.map(
    (n) => [n, ((usual.base + n * usual.perToken) / usual.plain) * plain, assumedWeight] as const,
  );
  for (const length of new Set(times.drafted.map(([n]) => n))) {
    const seen = times.drafted.flatMap(([n, time]) => (n === length ? [time] : []));
    points.push([length, median(seen) as number, seen.length]);
  }
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
