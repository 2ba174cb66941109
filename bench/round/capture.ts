/** The runs of ONNX Runtime in the rounds of an answer. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
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
      const before = new Set(await readdir(folder));
      let rounds = -1;
      for await (const event of decode(prompt, { target: pair.target, ...settings }))
        if (event.type !== "finish") rounds += passesOf(event.tokens);
      const names = (await readdir(folder)).filter((name) => !before.has(name)).sort();
      const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
      const runs = files.map((bytes) => deserialize(bytes) as CapturedRun);
      // Those that only fill a cache run the prompt. The target's first one with logits ends the first round.
      const giving = runs.filter(({ outputs }) => outputs.includes("logits"));
      return { rounds, runs: giving.slice(1 + giving.findIndex(({ file }) => file.startsWith(target))) };
    } finally {
      await pair.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
