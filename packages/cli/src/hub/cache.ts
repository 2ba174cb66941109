/**
 * The cache that Hugging Face's tools share: `models--ORG--NAME/blobs` has files named by their hashes,
 * `snapshots/COMMIT` has links to them under their names, and `refs/REVISION` contains the commit of a revision.
 */
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { HubFile } from "./listing.ts";
import type { Hub } from "./settings.ts";

/** Paths in the cache for one model. */
export interface Shelf {
  readonly blobs: string;
  blob(file: HubFile): string;
  snapshot(commit: string): string;
  ref(revision: string): string;
}

export function shelfOf(hub: Hub, model: string): Shelf {
  const root = join(hub.cache, `models--${model.replace("/", "--")}`);
  const blobs = join(root, "blobs");
  return {
    blobs,
    blob: ({ hash }) => join(blobs, hash),
    snapshot: (commit) => join(root, "snapshots", commit),
    ref: (revision) => join(root, "refs", revision),
  };
}

/** The commit that a revision had when it was last pulled; undefined if it never was. */
export async function cachedCommit(shelf: Shelf, revision: string): Promise<string | undefined> {
  const commit = /^[0-9a-f]{40}$/.test(revision)
    ? revision
    : (await readFile(shelf.ref(revision), "utf8").catch(() => "")).trim();
  return /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** Whether there is a file of this size at the path. Links are followed. */
export async function hasSize(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes;
}

/** Adds a blob to the snapshot under the file's name: as a relative link, or as a copy if links are not supported. */
export async function place(
  shelf: Shelf,
  commit: string,
  file: HubFile,
  link: typeof symlink = symlink,
): Promise<void> {
  const path = join(shelf.snapshot(commit), ...file.path.split("/"));
  const blob = shelf.blob(file);
  await mkdir(dirname(path), { recursive: true });
  await replace(path, (temporary) =>
    link(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary)),
  );
}

/** Records the commit of a revision. If the revision is the commit itself, there is nothing to record. */
export async function record(shelf: Shelf, revision: string, commit: string): Promise<void> {
  if (revision === commit) return;
  const path = shelf.ref(revision);
  await mkdir(dirname(path), { recursive: true });
  await replace(path, (temporary) => writeFile(temporary, commit));
}

let serial = 0;

/** Creates or replaces a file atomically, even if other processes do the same. */
async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}-${serial++}.tmp`;
  try {
    await rm(temporary, { force: true }); // a leftover of an earlier process with the same pid
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
