import { availableParallelism } from "node:os";

/**
 * Threads for one pass of a target: half the logical processors, but at least 2, at most 4, and no more than there are.
 * A pass of a few rows is limited by reading the weights, which a few cores do as fast as many; it waits for its
 * slowest thread after every node; and two logical processors are often one core. Measured on two processors; for more,
 * run `lenity bench threads`.
 */
export function defaultThreads(processors: number = availableParallelism()): number {
  return Math.min(processors, Math.max(2, Math.min(4, Math.floor(processors / 2))));
}

/**
 * Microseconds that an idle thread spins: longer than the gaps within a model's part of a round, shorter than the other
 * model's part.
 */
export const defaultSpin = 500;
