import { LenityError } from "@lenity/core";
import { firstLine } from "../onnx-file/first-line.ts";

/** Messages of ONNX Runtime (its allocator, and C++ on Linux and Windows), Node and Bun when memory runs out. */
const messages = /bad_alloc|bad allocation|failed to allocate|allocation failed|out of memory/i;

/**
 * Replaces an error that a running model threw because memory ran out with `out_of_memory`; returns others unchanged.
 */
export function memoryFault(error: unknown, name: string): unknown {
  if (error instanceof LenityError || !messages.test(error instanceof Error ? error.message : String(error)))
    return error;
  return new LenityError(
    "out_of_memory",
    `${name} ran out of memory (${firstLine(error)}). Send the request again, or load the model with fewer engines, ` +
      "a smaller cacheBytes or a smaller dtype.",
    { cause: error },
  );
}
