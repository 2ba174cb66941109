/** The runtimes that tests start, and what makes them run the packages' sources. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/**
 * Packages resolve to what was built, except under this condition (Bun has one of its own): then to their sources, and
 * nothing needs a build.
 */
export const fromSource = "--conditions=source";

/** The same for Node and Deno and the processes that they start. */
export const sourceEnvironment: Readonly<Record<string, string>> = {
  NODE_OPTIONS: fromSource,
  DENO_CONDITIONS: "source",
};

/** Deno from npm, by its platform package, so that no install script has to run. */
export function denoExecutable(): string {
  const require = createRequire(createRequire(join(root, "package.json")).resolve("deno/package.json"));
  const system = process.platform === "linux" ? "-glibc" : "";
  const folder = dirname(require.resolve(`@deno/${process.platform}-${process.arch}${system}/package.json`));
  return join(folder, process.platform === "win32" ? "deno.exe" : "deno");
}

/** The environment variable that names a Node, by the version that is asked for: 22, or 24 and later. */
const variables = { 22: "LENITY_NODE22", 24: "LENITY_NODE" } as const;

/** The Node that the variable names, or the machine's own where that has the version; else why there is none. */
export function nodeExecutable(
  version: keyof typeof variables,
): { readonly path: string } | { readonly reason: string } {
  const variable = variables[version];
  const named = process.env[variable];
  const { stdout } = spawnSync(named ?? "node", ["-p", "[process.versions.node, process.execPath].join()"], {
    encoding: "utf8",
  });
  const [found = "", path] = stdout?.trim().split(",") ?? [];
  const major = Number.parseInt(found, 10);
  if (path !== undefined && (version === 22 ? major === 22 : major >= version)) return { path };
  if (named !== undefined)
    throw new Error(`${variable} names ${named}, which is ${found === "" ? "no Node" : `Node ${found}`}.`);
  return { reason: `no Node ${version} is here; ${variable} names one` };
}
