import type { Draft, Drafter } from "../drafter.ts";
import type { Token } from "../model.ts";

/** Options of prompt lookup. */
export interface LookupOptions {
  /** The most tokens at the end of the context to search for. Default 3. */
  readonly longest?: number | undefined;
  /** The fewest. Default 1. */
  readonly shortest?: number | undefined;
}

/**
 * Prompt lookup (2304.04487; Saxena 2023): finds the latest earlier occurrence of the last tokens of the context, and
 * proposes what followed it. It has no model and no rows: its drafts are point masses, so policies that compare rows
 * cannot use it.
 */
export function lookupDrafter({ longest = 3, shortest = 1 }: LookupOptions = {}): Drafter {
  if (!(Number.isInteger(shortest) && shortest >= 1 && Number.isInteger(longest) && longest >= shortest)) {
    throw new RangeError(
      `shortest is ${shortest} and longest is ${longest}; expected whole numbers with 1 ≤ shortest ≤ longest.`,
    );
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

/** The start of the latest earlier occurrence of the last `size` tokens, or −1. */
function lastOccurrence(context: readonly Token[], size: number): number {
  const ending = context.length - size;
  for (let start = ending - 1; start >= 0; start--) {
    let same = 0;
    while (same < size && context[start + same] === context[ending + same]) same++;
    if (same === size) return start;
  }
  return -1;
}
