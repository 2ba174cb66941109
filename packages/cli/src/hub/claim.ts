/**
 * Partial files, and who writes them. A partial file lies beside its blob under a name that tells its owner, so that no
 * other process writes to it while the owner lives, and the next one goes on with it when the owner is gone. Taking one
 * over is a rename, which only one process can win.
 */
import { readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A partial file that this process alone writes. */
export interface Claim {
  readonly path: string;
  /** The file is whole: it becomes the blob. */
  finish(): Promise<void>;
  /** The file stays for whoever comes next. */
  release(): Promise<void>;
  /** The file is wrong and goes. */
  discard(): Promise<void>;
}

/**
 * Milliseconds between signs of life, and after which an owner without any counts as gone: another machine's, or one
 * whose number was given anew.
 */
const heartbeat = 15_000;
const silence = 120_000;
const poll = 100;
const host = hostname().replace(/[^\w-]/g, "_");
/** Not huggingface_hub's `.incomplete`, which that library locks and deletes by rules of its own. */
const ending = ".partial";
let serial = 0;

/**
 * A claim on a blob, with what an earlier process left of it; undefined when the blob came to be there, which `isDone`
 * tells. While another process fetches it, waits, and says so by `waiting` once. The folder must exist.
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
    } else if ((await take(partials[0], own)) && !(await isRivalled(blob, own))) return claimOn(blob, own);
  }
  return undefined;
}

/** Bytes that lie there already, whoever fetched them. */
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
    release: ended(() => rename(own, `${blob}${ending}`).catch(() => {})), // what made the owner give up matters more
    discard: ended(() => rm(own, { force: true })),
  };
}

async function partialsOf(blob: string): Promise<string[]> {
  const names = await readdir(dirname(blob)).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(blob)}.`) && name.endsWith(ending))
    .map((name) => join(dirname(blob), name));
}

/** Whether the owner in the name still writes. Names without an owner are left over. */
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

/** Makes the left-over file, or a new one, this process's own. False when another process was faster. */
async function take(left: string | undefined, own: string): Promise<boolean> {
  if (left === undefined) {
    await writeFile(own, "");
    return true;
  }
  try {
    await touch(left); // first: under its new name it must not look abandoned
    await rename(left, own);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Of two processes that began at the same moment one gives way. Where both go on, each has a file of its own, and the
 * blob is fetched twice.
 */
async function isRivalled(blob: string, own: string): Promise<boolean> {
  const rivals = (await partialsOf(blob)).filter((path) => path < own);
  if (!(await Promise.all(rivals.map(isAlive))).includes(true)) return false;
  await rename(own, `${blob}${ending}`);
  return true;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}
