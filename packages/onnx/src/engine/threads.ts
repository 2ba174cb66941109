import { availableParallelism } from "node:os";

/**
 * Threads for one pass of a target: half of the logical processors, from 2 to 4, and no more than there are. A pass of
 * a few rows is bound by reading the weights, which a few cores do as fast as many; it waits for its slowest thread
 * after every node; and two logical processors are often one core. Measured on two processors; for more, run `lenity
 * bench threads`.
 */
export function defaultThreads(processors: number = availableParallelism()): number {
  return Math.min(processors, Math.max(2, Math.min(4, Math.floor(processors / 2))));
}

/**
 * Microseconds for which a thread without work waits busily: longer than the gaps within a round, shorter than the
 * other model's part of it.
 */
export const defaultSpin = 500;
