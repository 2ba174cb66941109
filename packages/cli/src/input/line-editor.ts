import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { styleText } from "node:util";
import { joinedLines } from "./joined-lines.ts";
import { markPastes } from "./paste-marks.ts";

/** Texts that a person edits at the terminal, with the earlier lines above. */
export interface LineEditor {
  /** Shows the prompt, with what has been typed already. */
  ask(): void;
  /** Shows a text as if it were typed now. */
  echo(text: string): void;
  /** Drops what is being typed. False if there was nothing. */
  drop(): boolean;
  close(): void;
}

/** What the editor tells of. */
export interface EditorEvents {
  /** A text that is not blank. */
  text(text: string): void;
  /** Ctrl-C. */
  interrupt(): void;
  /** Ctrl-D, or the terminal is gone. */
  end(): void;
}

/** Edits all the time, but unseen unless `visible`, so that an answer is not mixed with what is typed meanwhile. */
export function lineEditor(label: string, visible: () => boolean, events: EditorEvents): LineEditor {
  const { stdin, stdout } = process;
  const first = styleText("bold", `${label} › `);
  const next = styleText("dim", `${"…".padStart(label.length)} › `);
  const joined = joinedLines();
  const lines = createInterface({
    input: stdin,
    output: screenOf(stdout, visible),
    terminal: true,
    historySize: 1000,
    removeHistoryDuplicates: true,
  });
  const ask = () => {
    lines.setPrompt(joined.begun ? next : first);
    lines.prompt(true);
  };
  const pastes = markPastes(() => {
    if (joined.begun) ask();
  });
  lines.on("line", (line) => {
    const text = joined.add(line, pastes.open);
    if (text !== undefined && text.trim() !== "") events.text(text);
    else if (!pastes.open) ask();
  });
  lines.on("SIGINT", events.interrupt);
  lines.on("close", () => {
    pastes.close();
    events.end();
  });
  return {
    ask,
    echo: (text) => stdout.write(`${first}${text.replaceAll("\n", `\n${next}`)}\n`),
    drop() {
      const begun = lines.line !== "" || joined.begun;
      joined.end();
      for (const name of ["e", "u"]) lines.write(null, { ctrl: true, name });
      return begun;
    },
    close: () => lines.close(),
  };
}

/** The terminal as the line editor sees it. */
function screenOf(terminal: NodeJS.WriteStream, visible: () => boolean): Writable {
  const screen = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      if (visible()) terminal.write(text);
      done();
    },
  });
  Object.defineProperty(screen, "columns", { get: () => terminal.columns });
  terminal.on("resize", () => screen.emit("resize"));
  return screen;
}
