import { createInterface } from "node:readline";
import type { Input } from "./input.ts";
import { joinedLines } from "./joined-lines.ts";

/** Standard input that is no terminal, line by line. Ctrl-C ends the program, as in any pipe. */
export function pipedInput(): Input {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  let closed = false;
  return {
    async *texts() {
      const joined = joinedLines();
      for await (const line of lines) {
        if (closed) return; // lines that have been read come even then
        const text = joined.add(line);
        if (text !== undefined && text.trim() !== "") yield text;
      }
      const rest = joined.end();
      if (rest !== undefined && rest.trim() !== "") yield rest;
    },
    during: (work) => work(undefined),
    interactive: false,
    close() {
      closed = true;
      lines.close();
    },
  };
}
