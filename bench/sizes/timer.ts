/** What time is measured by. */
export const clocks = ["wall", "processor"] as const;

/**
 * wall: what a user waits. processor: the time of all threads of this process, which is steady on a busy machine; it
 * equals the wall time of a quiet one where a single thread computes.
 */
export type Clock = (typeof clocks)[number];

/** Does something, and measures how long it takes. */
export type Timer = <Value>(
  act: () => Promise<Value>,
) => Promise<{ readonly value: Value; readonly milliseconds: number }>;

/** A timer with that clock. Throws RangeError for the processor's clock with several threads, which also spin. */
export function timer(clock: Clock, threads: number): Timer {
  if (clock === "processor" && threads !== 1)
    throw new RangeError(`The clock is processor, with ${threads} threads; expected 1, because waiting threads spin.`);
  const now = clock === "wall" ? () => performance.now() : processorTime;
  return async (act) => {
    const began = now();
    const value = await act();
    return { value, milliseconds: now() - began };
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
