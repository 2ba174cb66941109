/** The runtimes that tests start, and the settings with which they run the packages' sources. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/**
 * Packages resolve to their build, but with this condition to their sources, so that no build is needed. Bun does so
 * without it, by its own condition.
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

/** The environment variable with the path of a Node, by the required version: 22, or 24 and later. */
const variables = { 22: "LENITY_NODE22", 24: "LENITY_NODE" } as const;

/** The Node in the variable, or the machine's own if it has the version; otherwise the reason why there is none. */
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
    throw new Error(
      `${variable} is ${named}, which is ${found === "" ? "not Node" : `Node ${found}`}; expected the path of Node ${version}.`,
    );
  return { reason: `Node ${version} is not installed; set ${variable} to its path` };
}
