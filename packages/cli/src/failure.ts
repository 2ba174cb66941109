/** Reports whatever was thrown in a sentence. */
import { LenityError } from "@lenity/core";

/** Prints the error on standard error and sets the exit status 1. With LENITY_STACK=1 it also prints the stack. */
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
  // Errors of the system name the call and the reason, such as a full disk or a missing permission.
  if (syscall !== undefined) return `System error: ${what}.`;
  return `unexpected error: ${what}. Set LENITY_STACK=1 for a stack trace, and please report this.`;
}
