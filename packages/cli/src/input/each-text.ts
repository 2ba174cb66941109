import { text } from "node:stream/consumers";
import type { Input } from "./input.ts";
import { terminalInput } from "./terminal-input.ts";

/** Calls `take` with the argument, else with all of standard input, or at a terminal with each text until the end. */
export async function eachText(
  given: string | undefined,
  label: string,
  take: (text: string, signal?: AbortSignal) => Promise<void>,
): Promise<void> {
  if (given !== undefined) return take(given);
  if (!atTerminal()) return take(await text(process.stdin));
  await eachOf(terminalInput(label), (typed, input) => input.during((signal) => take(typed, signal)));
}

/** Whether a person types and reads. */
export const atTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** Calls `take` with each text until the input ends or `take` closes it. */
export async function eachOf(input: Input, take: (text: string, input: Input) => Promise<void> | void): Promise<void> {
  try {
    for await (const text of input.texts()) await take(text, input);
  } finally {
    input.close();
  }
}
