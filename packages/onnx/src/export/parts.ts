/** Files that are not whole yet, under names that show which process writes them. */
import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** This machine, by its name where the runtime's permissions let it be asked. */
function hostName(): string {
  try {
    return hostname().replace(/[^\w-]/g, "_");
  } catch {
    return "unknown";
  }
}

/** A name beside `file` for what this process makes of it; it ends with `ending`. */
export function partOf(file: string, ending = "part"): string {
  return `${file}.${hostName()}.${process.pid}-${randomBytes(4).toString("hex")}.${ending}`;
}

/**
 * Removes what processes of this machine that were killed have left of a file and of its data. Of other machines'
 * processes nothing is known.
 */
export async function removeStaleParts(file: string): Promise<void> {
  const host = hostName();
  const names = await readdir(dirname(file)).catch(() => []);
  const stale = names.filter((name) => {
    if (!name.startsWith(basename(file))) return false;
    const parts = /^(?:_data)?\.(?:([\w-]+)\.)?(\d+)-[0-9a-f]{8}\.(?:.*\.)?part(?:_data)?$/.exec(
      name.slice(basename(file).length),
    );
    return parts !== null && (parts[1] ?? host) === host && !isRunning(Number(parts[2]));
  });
  await Promise.all(stale.map((name) => rm(join(dirname(file), name), { force: true })));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Anything else is no proof that it has ended: it may be another user's.
    return (error as { code?: string }).code !== "ESRCH";
  }
}
