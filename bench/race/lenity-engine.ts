import { readFile } from "node:fs/promises";
import { decode, defaultRegistry, judgeHead } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import type { LaneEngine, LaneSetup } from "./lane.ts";

/** lenity with the built-in pair. No prefixes are kept, so that every prompt is run as a whole. */
export async function lenityEngine({ lane, target, draft = "", control }: LaneSetup): Promise<LaneEngine> {
  const pair = await loadPair(target, draft, { threads: lane.threads, cacheBytes: 0 });
  const registry = defaultRegistry({ judge: judgeHead(JSON.parse(await readFile(tiny.judge, "utf8"))) });
  const { policy } = lane;
  const settings = { target: pair.target, control: new Set([...pair.target.eos, ...control]) };
  return {
    async answer({ prompt, maxTokens }, emit) {
      const speculation =
        policy === undefined ? { draftTokens: 0 } : { drafter: pair.drafter(), verifier: registry.create(policy) };
      for await (const event of decode(prompt, { ...settings, ...speculation, maxTokens }))
        if (event.type === "round") emit(event.tokens.map(({ token }) => token));
    },
  };
}
