/** Standard output is for the result of a command. Notes, warnings and figures go to standard error. */
import { access, constants, mkdir, open, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LenityError } from "@lenity/core";
import { fail } from "./failure.ts";

/** The exit status of a program whose reader closed the pipe, as shells report it: 128 + SIGPIPE. */
const readerGone = 141;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Says something beside the result. Not `console.error`: at a terminal, Bun colors it red. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Exits without a message when the reader of the output closes the pipe (`| head`), and reports other write errors,
 * such as a full disk.
 */
export function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // On Windows the code is EOF.
    if (error.code === "EPIPE" || error.code === "EOF") process.exit(readerGone);
    fail(new LenityError("invalid_request", `Cannot write to standard output: ${error.message}.`, { cause: error }));
    process.exit();
  });
  // Lost notes and warnings are no reason to stop.
  process.stderr.on("error", () => {});
}

/** Writes the file of `--out` and creates its folder. Throws `invalid_request` if it cannot. */
export async function save(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (cause) {
    throw unwritable(file, cause as Error);
  }
}

/** Writes a value as JSON to the file of `--out`, as `save` does. */
export const saveJson = (file: string, value: unknown): Promise<void> =>
  save(file, `${JSON.stringify(value, null, 2)}\n`);

/** Creates the folder of the flag's file, and throws `invalid_request` if it cannot be written: before a long run. */
export async function checkSave(file: string, flag = "--out"): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await access(dirname(file), constants.W_OK);
    await (await open(file, "r+")).close();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw unwritable(file, cause as Error, flag);
  }
}

const unwritable = (file: string, cause: Error, flag = "--out"): LenityError =>
  new LenityError("invalid_request", `Cannot write ${file}: ${cause.message}. Choose another file with ${flag}.`, {
    cause,
  });
