import type { CallForm } from "@lenity/core";
import { match } from "./match.ts";

/** A call up to its arguments. */
export interface CallHead {
  readonly name: string;
  /** Where the arguments begin. */
  readonly at: number;
}

/** The longest name that is waited for. */
const longestName = 256;

/** The head of a call whose name begins at `from`; "more" if the text ends before its arguments, "no" if it is none. */
export function callHead(text: string, from: number, { middle, quoted }: CallForm): CallHead | "more" | "no" {
  const rest = text.slice(from, from + longestName);
  const written = (quoted ? /^(?:[^"\\\n]|\\.)*/ : /^[^\s[\]{}<>"]*/).exec(quoted ? rest : rest.trimStart())?.[0] ?? "";
  const start = from + (quoted ? 0 : rest.length - rest.trimStart().length);
  const end = start + written.length;
  // A backslash at the end waits for what it escapes.
  if (end >= text.length || (end === text.length - 1 && text[end] === "\\"))
    return written.length < longestName ? "more" : "no";
  const at = match(middle, text, end);
  if (typeof at === "string") return at;
  const name = nameOf(written, quoted);
  const begins = match("{", text, at);
  if (name === undefined || begins === "no") return "no";
  return begins === "more" ? "more" : { name, at: begins - 1 };
}

function nameOf(written: string, quoted: boolean): string | undefined {
  if (written === "") return undefined;
  try {
    return quoted ? (JSON.parse(`"${written}"`) as string) : written;
  } catch {
    return undefined;
  }
}
