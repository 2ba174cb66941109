/** The packages of this workspace that are published, that is, not private. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "..");

/** The parts of a package.json that tests read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean | undefined;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>> | undefined;
  readonly dependencies?: Readonly<Record<string, string>> | undefined;
  readonly devDependencies?: Readonly<Record<string, string>> | undefined;
  readonly [field: string]: unknown;
}

export interface PublishedPackage {
  /** Its folder, from the root. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The text of a file, by its path from the root. */
export const readText = (...path: readonly string[]): string => readFileSync(join(root, ...path), "utf8");

export const readJson = <T>(...path: readonly string[]): T => JSON.parse(readText(...path)) as T;

export function publishedPackages(): PublishedPackage[] {
  const { workspaces } = readJson<{ readonly workspaces: string[] }>("package.json");
  return globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: root },
  )
    .sort()
    .map((path) => ({
      folder: path.replace(/[\\/]package\.json$/, "").replaceAll("\\", "/"),
      manifest: readJson<Manifest>(path),
    }))
    .filter(({ manifest }) => manifest.private !== true);
}
