/**
 * The cache that Hugging Face's tools share: `models--ORG--NAME/blobs` holds files under their hashes,
 * `snapshots/COMMIT` links to them under their names, `refs/REVISION` holds the commit of a revision.
 */
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { HubFile } from "./listing.ts";
import type { Hub } from "./settings.ts";

/** Paths of one model's part of the cache. */
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

/** The commit that a revision had when it was pulled; undefined when it never was. */
export async function cachedCommit(shelf: Shelf, revision: string): Promise<string | undefined> {
  const commit = /^[0-9a-f]{40}$/.test(revision)
    ? revision
    : (await readFile(shelf.ref(revision), "utf8").catch(() => "")).trim();
  return /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** Whether a file of that size lies there, or where the path links to. */
export async function hasSize(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes;
}

/**
 * Puts a blob into the snapshot under the file's name: by a relative link, or as a copy where the file system has no
 * links.
 */
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

/** Records the commit of a revision; a commit needs no record. */
export async function record(shelf: Shelf, revision: string, commit: string): Promise<void> {
  if (revision === commit) return;
  const path = shelf.ref(revision);
  await mkdir(dirname(path), { recursive: true });
  await replace(path, (temporary) => writeFile(temporary, commit));
}

let serial = 0;

/** Makes a file at once, whoever else does the same. */
async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}-${serial++}.tmp`;
  try {
    await rm(temporary, { force: true }); // of a process that ended, under the same number
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
