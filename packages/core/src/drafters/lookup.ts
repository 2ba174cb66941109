import type { Draft, Drafter } from "../drafter.ts";
import type { Token } from "../model.ts";

/** Options of prompt lookup. */
export interface LookupOptions {
  /** The longest ending of the context to look for. Default 3. */
  readonly longest?: number | undefined;
  /** The shortest one. Default 1. */
  readonly shortest?: number | undefined;
}

/**
 * Prompt lookup (2304.04487; Saxena 2023): finds the last earlier place where the context's ending stood, and proposes
 * what followed it. No model and no rows: its drafts are point masses, so policies that compare rows refuse it.
 */
export function lookupDrafter({ longest = 3, shortest = 1 }: LookupOptions = {}): Drafter {
  if (!(Number.isInteger(shortest) && shortest >= 1 && Number.isInteger(longest) && longest >= shortest)) {
    throw new RangeError(`lookupDrafter takes 1 ≤ shortest ≤ longest; given ${shortest} and ${longest}.`);
  }
  return {
    name: "lookup",
    rows: false,
    propose: async ({ context, limit }): Promise<Draft> => {
      for (let size = Math.min(longest, context.length - 1); size >= shortest; size--) {
        const found = lastOccurrence(context, size);
        if (found >= 0) return { tokens: context.slice(found + size, found + size + limit) };
      }
      return { tokens: [] };
    },
    close() {},
  };
}

/** Where the last `size` tokens stood before, latest first, or −1. */
function lastOccurrence(context: readonly Token[], size: number): number {
  const ending = context.length - size;
  for (let start = ending - 1; start >= 0; start--) {
    let same = 0;
    while (same < size && context[start + same] === context[ending + same]) same++;
    if (same === size) return start;
  }
  return -1;
}
