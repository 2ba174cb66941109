/** The command at a terminal: `script` of util-linux makes one, and these tests are the person in front of it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { after } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { sourceEnvironment } from "../../../test/runtimes.ts";
import { skipFor } from "../../../test/skips.ts";
import { main } from "./command.ts";

const version = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "";

/** The `skip` option of tests that need a terminal. */
export const noTerminal: string | false = skipFor(
  "the conversation at a terminal",
  !version.includes("util-linux") && "there is no script of util-linux",
);

const running = new Set<ChildProcess>();
// Those of failed tests.
after(() => {
  for (const child of running) child.kill();
});

export const keys = { enter: "\r", up: "\x1b[A", interrupt: "\x03", end: "\x04" } as const;

export interface Terminal {
  /** Types. */
  type(text: string): void;
  /** Types a text and Enter. */
  enter(text: string): void;
  /** Resolves to what came since the last wait, up to and with this text, once it is there. Without colors. */
  until(text: string): Promise<string>;
  /** All that has come, with colors. */
  raw(): string;
  /** The exit status. */
  readonly ended: Promise<number | null>;
}

/** Runs the command at a terminal of this width. */
export function atTerminal(
  args: readonly string[],
  { columns = 80, env = {} }: { readonly columns?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Terminal {
  const runtime = process.versions["deno"] === undefined ? [process.execPath] : [process.execPath, "run", "-A"];
  const command = [...runtime, main, ...args].map((word) => `'${word}'`).join(" ");
  // Node and Deno show no colors where CI is set, however capable the terminal is.
  const colors = { NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined, TERM: "xterm-256color" };
  const child: ChildProcess = spawn("script", ["-qec", `stty cols ${columns} rows 40; exec ${command}`, "/dev/null"], {
    env: { ...process.env, ...sourceEnvironment, ...colors, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  running.add(child);
  let [raw, seen] = ["", 0];
  let look = () => {};
  child.stdout?.on("data", (data) => {
    raw += data;
    look();
  });
  let over = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (status) => {
      over = true;
      running.delete(child);
      look();
      resolve(status);
    });
  });
  const plain = () => stripVTControlCharacters(raw).replaceAll("\r", "");
  return {
    type: (text) => child.stdin?.write(text),
    enter: (text) => child.stdin?.write(`${text}${keys.enter}`),
    until: (text) =>
      new Promise((resolve, reject) => {
        look = () => {
          const at = plain().indexOf(text, seen);
          if (at >= 0) {
            const from = seen;
            seen = at + text.length;
            // More may come before the next wait, and would be looked at for this text again.
            look = () => {};
            resolve(plain().slice(from, seen));
          } else if (over) reject(new Error(`It ended before it showed ${JSON.stringify(text)}:\n${plain()}`));
        };
        look();
      }),
    raw: () => raw,
    ended,
  };
}
