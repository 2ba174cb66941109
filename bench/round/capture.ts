/** The runs of ONNX Runtime in the rounds of an answer. */
import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { deserialize } from "node:v8";
import { decode, type Token } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import type { CapturedRun } from "./captured-run.ts";
import { passesOf } from "./passes.ts";
import type { RoundSetting } from "./setting.ts";

export interface CapturedRounds {
  readonly rounds: number;
  /** Graphs in memory, by name. */
  readonly graphs: ReadonlyMap<string, Uint8Array>;
  /** In the order in which they ran. */
  readonly runs: readonly CapturedRun[];
}

/** Answers the prompt, and returns the runs of all rounds but the first, which also runs the prompt. */
export async function captureRounds(
  { target, draft, threads, rule }: RoundSetting,
  prompt: readonly Token[],
  maxTokens: number,
): Promise<CapturedRounds> {
  const folder = await mkdtemp(join(tmpdir(), "lenity-runs-"));
  const script = (name: string, of: string) => new URL(`${name}${extname(of)}`, of);
  // Threads begin with a copy of the environment.
  process.env["LENITY_CAPTURE"] = folder;
  process.env["LENITY_WORKER"] = script("./worker", import.meta.resolve("@lenity/onnx")).href;
  try {
    const worker = script("./capture-worker", import.meta.url);
    const pair = await loadPair(target, draft, { threads, worker, cacheBytes: 0 });
    try {
      const verifier = rule.verifier?.();
      const drafter = verifier && pair.drafter();
      const settings = { verifier, drafter, draftTokens: rule.draftTokens, maxTokens };
      // Loading runs the models as well.
      const before = new Set(await filesOf(folder, ".run"));
      let rounds = -1;
      for await (const event of decode(prompt, { target: pair.target, ...settings }))
        if (event.type !== "finish") rounds += passesOf(event.tokens);
      const names = (await filesOf(folder, ".run")).filter((name) => !before.has(name));
      const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
      const runs = files.map((bytes) => deserialize(bytes) as CapturedRun);
      const graphs = new Map<string, Uint8Array>();
      for (const name of await filesOf(folder, ".graph")) graphs.set(name, await readFile(join(folder, name)));
      // Those that only fill a cache run the prompt. The target's first one with logits ends the first round.
      const giving = runs.filter(({ outputs }) => outputs.includes("logits"));
      const place = await realpath(target);
      return { rounds, graphs, runs: giving.slice(1 + giving.findIndex(({ folder }) => folder.startsWith(place))) };
    } finally {
      await pair.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The names of the files of a kind, in order. */
const filesOf = async (folder: string, ending: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
