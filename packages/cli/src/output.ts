/** Standard output: what the command was asked for. Notes, warnings and figures go to standard error. */
import { LenityError } from "@lenity/core";
import { fail } from "./failure.ts";

/** What shells report of a program that wrote to a reader who had left: 128 + SIGPIPE. */
const readerGone = 141;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Ends the process quietly when the reader of its output leaves (`| head`), and tells of an output that takes no more
 * (a full disk).
 */
export function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Windows says EOF.
    if (error.code === "EPIPE" || error.code === "EOF") process.exit(readerGone);
    fail(new LenityError("invalid_request", `Cannot write to standard output: ${error.message}.`, { cause: error }));
    process.exit();
  });
  // What nobody reads there is no reason to stop.
  process.stderr.on("error", () => {});
}
