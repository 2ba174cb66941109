/** Runs commands as a reader of the documents would. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./published-packages.ts";

/** The environment with this Bun first on the path, and without colors. */
export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}`,
  NO_COLOR: "1",
};

/** Resolves to what a command prints on both outputs. Rejects with the same if it fails. */
export function shell(command: string, input = "", cwd: string = root): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", command], { cwd, env: environment });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
    child.on("close", (status) =>
      status === 0 ? resolve(out) : reject(new Error(`${command}\nended with ${status}:\n${out}`)),
    );
    child.stdin.end(input);
  });
}
