/** Whether the letters that arrive come from a paste. */
export interface PasteMarks {
  readonly open: boolean;
  close(): void;
}

/**
 * Asks the terminal to mark the beginning and the end of what is pasted (bracketed paste), so that its line breaks can
 * be told from the Enter key. Calls `ended` after each paste.
 */
export function markPastes(ended: () => void): PasteMarks {
  const { stdin, stdout, env, versions } = process;
  // Deno's line editor takes the marks for letters.
  const known = env["TERM"] !== "dumb" && versions["deno"] === undefined;
  let open = false;
  const onKey = (_text: string | undefined, key: { readonly name?: string | undefined } | undefined) => {
    if (key?.name === "paste-start") open = true;
    if (key?.name !== "paste-end") return;
    open = false;
    ended();
  };
  const restore = () => stdout.write("\x1b[?2004l");
  if (known) {
    stdin.on("keypress", onKey);
    stdout.write("\x1b[?2004h");
    process.once("exit", restore);
  }
  return {
    get open() {
      return open;
    },
    close() {
      if (!known) return;
      stdin.off("keypress", onKey);
      process.off("exit", restore);
      restore();
    },
  };
}
