import type { AnswerEvent, ReadOptions } from "./answer-event.ts";
import { objectScan } from "./match.ts";
import { textTrim } from "./text-trim.ts";

/** Where in an answer the text that is held stands. */
export type Where = "start" | "reasoning" | "content" | "head" | "arguments" | "close" | "next";

/** An answer that is being read. */
export interface Reading extends ReadOptions {
  where: Where;
  /** Text that has been read and is in no event yet. */
  held: string;
  events: AnswerEvent[];
  /** Whether the answer can no longer begin with reasoning. */
  reasoned: boolean;
  thoughts: ReturnType<typeof textTrim>;
  content: ReturnType<typeof textTrim>;
  /** What has begun the call whose head is read, and whether the name comes next. */
  mark: string;
  naming: boolean;
  /** The number of the last call. */
  index: number;
  scan: ReturnType<typeof objectScan>;
}

export const newReading = ({ calls, reasoning }: ReadOptions): Reading => ({
  ...{ calls, reasoning, where: reasoning?.isOpen === true ? "reasoning" : "start", held: "", events: [] },
  ...{ reasoned: reasoning === undefined || reasoning.isOpen, thoughts: textTrim(false), content: textTrim(true) },
  ...{ mark: "", naming: false, index: -1, scan: objectScan() },
});

/** Removes text from what is held. */
export function take(reading: Reading, length: number): string {
  const taken = reading.held.slice(0, length);
  reading.held = reading.held.slice(length);
  return taken;
}

export function emit({ events }: Reading, type: "reasoning" | "content", text: string): void {
  if (text !== "") events.push({ type, text });
}
