/** How the command fails: in a sentence, whatever was thrown. */
import { LenityError } from "@lenity/core";

/**
 * Says on standard error what went wrong, and has the process end with 1. Where it arose is shown to those who ask for
 * it by LENITY_STACK=1.
 */
export function fail(error: unknown): void {
  process.exitCode = 1;
  console.error(`lenity: ${failureText(error)}`);
  if (process.env["LENITY_STACK"] === "1") console.error(error);
}

/** One sentence or more, without a stack. */
export function failureText(error: unknown): string {
  if (error instanceof LenityError) return error.message;
  const { message = String(error), syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const what = message.split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
  // The system names what it was asked for and why it refused: a full disk, a folder that may not be written.
  if (syscall !== undefined) return `System error: ${what}.`;
  return `unexpected error: ${what}. Set LENITY_STACK=1 for a stack trace, and please report this.`;
}
