/** What a figure was measured on. */
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
  /** The program that ran lenity and its peers. */
  readonly runtime: string;
  /** The commit of lenity, with `+` if files had changed; undefined outside a checkout. */
  readonly commit: string | undefined;
  /** Day of the measurement, as in 2026-11-26. */
  readonly date: string;
}

export function thisMachine(): Machine {
  const { bun, deno, node } = process.versions as Readonly<Record<string, string>>;
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    platform: `${process.platform}/${process.arch}`,
    runtime: bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${node}`,
    commit: commitOf(),
    date: new Date().toISOString().slice(0, 10),
  };
}

function commitOf(): string | undefined {
  const git = (...args: readonly string[]) => {
    const { status, stdout } = spawnSync("git", args, { encoding: "utf8" });
    return status === 0 ? stdout.trim() : undefined;
  };
  const commit = git("rev-parse", "--short=10", "HEAD");
  return commit === undefined ? undefined : commit + (git("status", "--porcelain", "-uno") === "" ? "" : "+");
}

/** The machine in one sentence. */
export const machineText = ({ processor, cores, platform, runtime, commit, date }: Machine): string =>
  `${date}, ${processor} (${cores} cores, ${platform}), ${runtime}, lenity at ${commit ?? "an unknown commit"}.`;
