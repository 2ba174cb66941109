import { LenityError } from "@lenity/core";
import { firstLine } from "../onnx-file/first-line.ts";

/** How ONNX Runtime (its allocator, and C++ on Linux and on Windows), Node and Bun say that there is none. */
const said = /bad_alloc|bad allocation|failed to allocate|allocation failed|out of memory/i;

/** What to tell of an error of a running model: where memory ran out, what to do about it. */
export function toldMemory(error: unknown, name: string): unknown {
  if (error instanceof LenityError || !said.test(error instanceof Error ? error.message : String(error))) return error;
  return new LenityError(
    "out_of_memory",
    `${name} ran out of memory (${firstLine(error)}). Send the request again, or load it with fewer engines, a smaller cacheBytes or a smaller dtype.`,
    { cause: error },
  );
}
