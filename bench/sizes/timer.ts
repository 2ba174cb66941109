/** What time is measured by. */
export const clocks = ["wall", "processor"] as const;

/**
 * wall: what a user waits. processor: the time of all threads of this process, which is steady on a busy machine; it
 * equals the wall time of a quiet one where a single thread computes.
 */
export type Clock = (typeof clocks)[number];

/** A function that measures another one, in milliseconds. Throws RangeError for several threads, which also spin. */
export function timer(clock: Clock, threads: number): (act: () => Promise<unknown>) => Promise<number> {
  if (clock === "processor" && threads !== 1)
    throw new RangeError(`The clock is processor, with ${threads} threads; expected 1, because waiting threads spin.`);
  const now = clock === "wall" ? () => performance.now() : processorTime;
  return async (act) => {
    const began = now();
    await act();
    return now() - began;
  };
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The middle of some times, and the quarters below and above it. */
export interface Spread3 {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** The quartiles of at least one number. */
export function quartiles(values: readonly number[]): Spread3 {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] as number;
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}
