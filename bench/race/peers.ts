/** The programs that lenity is compared with, installed from npm into a folder of the race. */
import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "./lane.ts";
import { repairedLlama } from "./repaired-llama.ts";

/** The packages, their versions, and the file in them that Node imports. */
const packages = [
  { engine: "llama.cpp", name: "node-llama-cpp", version: "3.22.1", entry: "dist/index.js" },
  {
    engine: "transformers.js",
    name: "@huggingface/transformers",
    version: "4.3.1",
    entry: "dist/transformers.node.mjs",
  },
] as const;

/** The engines that lenity is compared with. */
export const peerEngines = ["llama.cpp", "transformers.js"] as const;

/** A peer that can run. */
export interface Peer {
  readonly engine: Engine;
  /** Its npm package and version. */
  readonly package: string;
  /** The file to import, and that of the repaired copy if there is one. */
  readonly module: string;
  readonly repaired?: string | undefined;
}

/** The peers, and why others are missing. */
export interface Peers {
  readonly found: readonly Peer[];
  readonly missing: readonly { readonly engine: Engine; readonly reason: string }[];
}

/** Finds the peers in the folder, after installing those that are missing, if that is wanted. */
export async function findPeers(folder: string, install: boolean): Promise<Peers> {
  const absent = [];
  for (const one of packages) if (!(await isInstalled(folder, one))) absent.push(one);
  let reason = "It is not installed; the race without --quick installs it.";
  if (install && absent.length > 0) {
    const wanted = packages.map(({ name, version }) => `${name}@${version}`);
    reason = (await npmInstall(folder, wanted)) ?? reason;
  }
  const found: Peer[] = [];
  const missing: { readonly engine: Engine; readonly reason: string }[] = [];
  for (const one of packages) {
    const { engine, name, version, entry } = one;
    if (!(await isInstalled(folder, one))) {
      missing.push({ engine, reason });
      continue;
    }
    const repaired = engine === "llama.cpp" ? await repairedLlama(folder) : undefined;
    const module = join(folder, "node_modules", name, entry);
    found.push({ engine, package: `${name} ${version}`, module, repaired: repaired && join(repaired, entry) });
  }
  return { found, missing };
}

async function isInstalled(folder: string, { name, version }: (typeof packages)[number]): Promise<boolean> {
  const manifest = await readFile(join(folder, "node_modules", name, "package.json"), "utf8").catch(() => "{}");
  return JSON.parse(manifest).version === version;
}

/** Installs packages; without their scripts, since both bring their binaries along. Resolves to why it failed. */
async function npmInstall(folder: string, wanted: readonly string[]): Promise<string | undefined> {
  await mkdir(folder, { recursive: true });
  const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."];
  return new Promise((resolve) => {
    // On Windows npm is a script.
    const shell = process.platform === "win32";
    const npm = spawn("npm", ["install", ...flags, ...wanted], { cwd: folder, stdio: ["ignore", 2, "pipe"], shell });
    let errors = "";
    npm.stderr?.on("data", (data) => {
      errors += data;
    });
    npm.on("error", ({ message }) => resolve(`npm could not be started: ${message}.`));
    npm.on("close", (code) => {
      const [first = `status ${code}`] = errors.split("\n").filter((line) => line.trim() !== "");
      resolve(code === 0 ? undefined : `npm could not install it: ${first.trim()}.`);
    });
  });
}
