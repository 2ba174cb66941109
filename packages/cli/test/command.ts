/** The command as its users run it: in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Its script. */
export const main: string = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What it has said, and its exit status. */
export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs it with these arguments, and with a text on its standard input; without colours, unless `env` asks for them. */
export function run(
  args: readonly string[],
  input?: string,
  env: NodeJS.ProcessEnv = { NO_COLOR: "1" },
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: undefined, ...env } });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.on("close", (status) => resolve({ status, out, err }));
    child.stdin.end(input);
  });
}

/** `lenity serve` on a free port, once it listens. */
export async function serve(
  ...args: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly url: string; readonly ended: Promise<number | null> }> {
  const child = spawn(process.execPath, [main, "serve", "--port", "0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let err = "";
  child.stderr.on("data", (data) => (err += data));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (data) => {
      const found = /on (http:\S+)/.exec(data)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`lenity serve ended: ${err}`)));
  });
  return { child, url, ended };
}
