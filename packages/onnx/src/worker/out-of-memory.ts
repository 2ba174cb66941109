import { LenityError } from "@lenity/core";
import { firstLine } from "../onnx-file/first-line.ts";

/** What ONNX Runtime (its allocator, and C++ on Linux and on Windows), Node and Bun write when memory runs out. */
const messages = /bad_alloc|bad allocation|failed to allocate|allocation failed|out of memory/i;

/**
 * An `out_of_memory` error in place of one that a running model threw because memory ran out; any other error as it is.
 */
export function memoryFault(error: unknown, name: string): unknown {
  if (error instanceof LenityError || !messages.test(error instanceof Error ? error.message : String(error)))
    return error;
  return new LenityError(
    "out_of_memory",
    `${name} ran out of memory (${firstLine(error)}). Send the request again, or load it with fewer engines, ` +
      "a smaller cacheBytes or a smaller dtype.",
    { cause: error },
  );
}
