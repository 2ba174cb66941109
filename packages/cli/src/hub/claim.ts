/**
 * Partial files and their owners. A partial file is next to its blob, and its name contains its owner. No other process
 * writes to it while the owner is alive; afterwards the next process continues it. Taking over a file is a rename, in
 * which only one process can succeed.
 */
import { readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A partial file that only this process writes. */
export interface Claim {
  readonly path: string;
  /** Turns the complete file into the blob. */
  finish(): Promise<void>;
  /** Leaves the file for the next process. */
  release(): Promise<void>;
  /** Deletes the file. */
  discard(): Promise<void>;
}

/**
 * Milliseconds between signs of life, and without one until an owner counts as gone. Needed for owners on another
 * machine and for pids that were reused.
 */
const heartbeat = 15_000;
const silence = 120_000;
const poll = 100;
const host = hostname().replace(/[^\w-]/g, "_");
/** Not `.incomplete` as in huggingface_hub, which locks and deletes such files by its own rules. */
const ending = ".partial";
let serial = 0;

/**
 * Claims a blob, including what an earlier process left of it. Returns undefined once `isDone` finds the blob complete.
 * While another process downloads it, waits, and calls `waiting` once. The folder must exist.
 */
export async function claim(
  blob: string,
  isDone: () => Promise<boolean>,
  waiting: () => void,
): Promise<Claim | undefined> {
  const own = `${blob}.${host}.${process.pid}.${serial++}${ending}`;
  for (let hasReported = false; !(await isDone()); ) {
    const partials = await partialsOf(blob);
    const busy = await Promise.all(partials.map(isAlive));
    if (busy.includes(true)) {
      if (!hasReported) waiting();
      hasReported = true;
      await sleep(poll);
    } else if ((await take(partials[0], own)) && !(await yieldsToRival(blob, own))) return claimOn(blob, own);
  }
  return undefined;
}

/** The number of bytes that some process has already downloaded. */
export async function partialBytes(blob: string): Promise<number> {
  const sizes = (await partialsOf(blob)).map(async (path) => (await stat(path).catch(() => undefined))?.size ?? 0);
  return Math.max(0, ...(await Promise.all(sizes)));
}

function claimOn(blob: string, own: string): Claim {
  const beat = setInterval(() => touch(own).catch(() => {}), heartbeat);
  beat.unref();
  const ended = (action: () => Promise<void>) => () => {
    clearInterval(beat);
    return action();
  };
  return {
    path: own,
    finish: ended(async () => {
      await rename(own, blob);
      for (const path of await partialsOf(blob)) if (!(await isAlive(path))) await rm(path, { force: true });
    }),
    // Ignores errors: the one that ended the download matters more.
    release: ended(() => rename(own, `${blob}${ending}`).catch(() => {})),
    discard: ended(() => rm(own, { force: true })),
  };
}

async function partialsOf(blob: string): Promise<string[]> {
  const names = await readdir(dirname(blob)).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(blob)}.`) && name.endsWith(ending))
    .map((name) => join(dirname(blob), name));
}

/** Whether the owner in the name is still writing. A file without an owner is a leftover. */
async function isAlive(path: string): Promise<boolean> {
  const [, owner, pid] = /\.([\w-]+)\.(\d+)\.\d+\.partial$/.exec(path) ?? [];
  if (owner === undefined) return false;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs > silence) return false;
  return owner !== host || isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** Gives the leftover file, or a new one, to this process. False if another process was faster. */
async function take(left: string | undefined, own: string): Promise<boolean> {
  if (left === undefined) {
    await writeFile(own, "");
    return true;
  }
  try {
    await touch(left); // before the rename, so that the file does not look abandoned under its new name
    await rename(left, own);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Whether another process claimed the blob at the same moment and goes first; then this one releases its file. If both
 * continue, each writes its own file and the blob is downloaded twice.
 */
async function yieldsToRival(blob: string, own: string): Promise<boolean> {
  const rivals = (await partialsOf(blob)).filter((path) => path < own);
  if (!(await Promise.all(rivals.map(isAlive))).includes(true)) return false;
  await rename(own, `${blob}${ending}`);
  return true;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}
