import { styleText } from "node:util";
import type { Input } from "./input.ts";
import { lineEditor } from "./line-editor.ts";

/**
 * Texts of a person at a terminal. Those that are typed while another is being answered wait for their turn. Ctrl-C
 * stops the work, else drops what is being typed; twice with nothing typed it ends the input.
 */
export function terminalInput(label: string): Input {
  const { stdout } = process;
  const ready: string[] = [];
  let waiting: (() => void) | undefined;
  let work: AbortController | undefined;
  let [closed, warned] = [false, false];
  const wake = () => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.();
  };

  function interrupt(): void {
    if (work !== undefined) {
      stdout.write("^C");
      work.abort();
    } else if (editor.drop()) editor.ask();
    else if (warned) editor.close();
    else {
      warned = true;
      stdout.write(`\n${styleText("dim", "Press Ctrl-C again, or Ctrl-D, to leave.")}\n`);
      editor.ask();
    }
  }
  const editor = lineEditor(label, () => waiting !== undefined, {
    interrupt,
    text(text) {
      warned = false;
      ready.push(text);
      wake();
    },
    end() {
      closed = true;
      wake();
    },
  });

  /** The next text, once it is there; undefined at the end. */
  async function next(): Promise<string | undefined> {
    const early = ready.shift();
    if (early !== undefined) {
      editor.echo(early);
      return early;
    }
    if (closed) return undefined;
    await new Promise<void>((resolve) => {
      waiting = resolve;
      editor.ask();
    });
    const text = ready.shift();
    if (text === undefined) stdout.write("\n");
    return text;
  }

  return {
    async *texts() {
      for (let text = await next(); text !== undefined; text = await next()) yield text;
    },
    async during(doWork) {
      work = new AbortController();
      try {
        return await doWork(work.signal);
      } finally {
        work = undefined;
      }
    },
    interactive: true,
    close() {
      ready.length = 0;
      editor.close();
    },
  };
}
