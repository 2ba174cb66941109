/** The runs of ONNX Runtime in the rounds of an answer. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { deserialize } from "node:v8";
import { decode, type Token } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import type { CapturedRun } from "./captured-run.ts";
import type { RoundSetting } from "./setting.ts";

export interface CapturedRounds {
  readonly rounds: number;
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
      const speculation = rule.verifier === undefined ? { draftTokens: 0 } : { drafter: pair.drafter() };
      let before: readonly string[] = [];
      let rounds = -1;
      for await (const event of decode(prompt, {
        ...{ target: pair.target, maxTokens, verifier: rule.verifier?.() },
        ...speculation,
      })) {
        if (event.type === "finish") break;
        if (rounds++ === -1) before = await readdir(folder);
      }
      const names = (await readdir(folder)).filter((name) => !before.includes(name)).sort();
      const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
      return { rounds, runs: files.map((bytes) => deserialize(bytes) as CapturedRun) };
    } finally {
      await pair.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
