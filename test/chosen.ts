/** Runs `bun run test NAME…`: the tests of some packages, folders or files, on Bun. */
import { spawn } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { constants } from "node:os";
import { join, relative } from "node:path";
import { root } from "./published-packages.ts";

/** The short names of the packages with a `test` folder. */
const packages = (): string[] =>
  globSync("packages/*/test", { cwd: root })
    .map((path) => path.split(/[\\/]/)[1] as string)
    .sort();

/**
 * The paths from the root of the test files that a name selects. The name is a package (`core` or `@lenity/core`), a
 * folder, or a file. Throws an error that lists the packages if there are none.
 */
export function testFiles(name: string): string[] {
  const short = name.replace(/^@lenity\//, "");
  if (packages().includes(short)) return found(`packages/${short}/test/*.test.ts`);
  const path = relative(root, join(root, name)).replaceAll("\\", "/");
  const isFolder = existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
  const files = isFolder ? found(`${path}/**/*.test.ts`) : found(path).filter((file) => file.endsWith(".test.ts"));
  if (files.length > 0) return files;
  const expected = `a package (${packages().join(", ")}), or the path of a folder or of a .test.ts file`;
  throw new Error(`"${name}" has no tests. Give ${expected}.`);
}

const found = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (path) => /(^|[\\/])node_modules$/.test(String(path)) })
    .map((path) => `./${path.replaceAll("\\", "/")}`)
    .sort();

/** Runs the tests that the names select; with `--watch`, again after each change. Returns the exit status. */
export async function runChosen(names: readonly string[]): Promise<number> {
  const watch = names.includes("--watch");
  const chosen = names.filter((name) => name !== "--watch");
  let files: string[];
  try {
    files = (chosen.length > 0 ? chosen : packages()).flatMap(testFiles);
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
  const args = ["test", "--timeout", "120000", ...(watch ? ["--watch"] : []), ...files];
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
