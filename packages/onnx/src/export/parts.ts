/** Unfinished files, with names that show which process is writing them. */
import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** The name of this machine, if the runtime's permissions allow reading it. */
function hostName(): string {
  try {
    return hostname().replace(/[^\w-]/g, "_");
  } catch {
    return "unknown";
  }
}

/** A path beside `file` for this process's unfinished copy, ending with `ending`. */
export function partOf(file: string, ending = "part"): string {
  return `${file}.${hostName()}.${process.pid}-${randomBytes(4).toString("hex")}.${ending}`;
}

/**
 * Removes the unfinished copies of a file and its data that killed processes of this machine have left behind. Those of
 * other machines are kept, since their processes may be running.
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
    // Any other error does not prove that it has ended: it may belong to another user.
    return (error as { code?: string }).code !== "ESRCH";
  }
}
