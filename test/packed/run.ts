/** Runs programs for tests and waits for their end. */
import { spawn } from "node:child_process";
import { sourceEnvironment } from "../runtimes.ts";

export interface RunOptions {
  readonly cwd: string;
  /** The whole environment. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Whether to return only standard output, without standard error. */
  readonly stdoutAlone?: boolean | undefined;
}

/** Resolves to the program's output. Rejects with the output if it fails. */
export function run(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env, stdoutAlone = false }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(stdoutAlone ? out : out + err);
      else reject(new Error(`${[program, ...args].join(" ")} ended with ${status}:\n${out}${err}`));
    });
  });
}

/** Variables that npm sets for its scripts, except those for the user's registry and cache. */
const setByNpm = /^(npm_(?!config_(registry|cache|userconfig)$)|INIT_CWD$)/i;
/** Variables that make this checkout run from its sources. */
const forSources = Object.keys(sourceEnvironment);

/** The environment of a user without a checkout. */
export const outside: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !setByNpm.test(name) && !forSources.includes(name)),
  ),
  NO_COLOR: "1",
};
