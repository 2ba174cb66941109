import assert from "node:assert/strict";
import { test } from "node:test";
import { startAsked } from "../../asked-process.ts";
import { timeRuns } from "../lane.ts";

const tokens = [1, 2, 3, 4, 5];

/** What an engine was asked for in these runs, and how many of them counted. */
async function asked(runs: { readonly length: number; readonly isPrompt: boolean; readonly times: number }) {
  const calls: string[] = [];
  const engine = {
    fill: async (before: readonly number[]) => void calls.push(`fill ${before}`),
    step: async (after: readonly number[], logits: boolean) => void calls.push(`step ${after} ${logits}`),
  };
  let now = 0;
  const time = async (act: () => Promise<void>) => {
    await act();
    return { milliseconds: ++now };
  };
  return { taken: await timeRuns(engine, { tokens, ...runs }, time), calls };
}

test("each run begins where the others began, and the first of a block does not count", async () => {
  const { taken, calls } = await asked({ length: 2, isPrompt: false, times: 2 });
  assert.deepEqual(taken, [2, 3]);
  assert.deepEqual(calls, new Array(3).fill(["fill 1,2,3", "step 4,5 true"]).flat());
});

test("a prompt counts from the first run and needs no logits", async () => {
  const { taken, calls } = await asked({ length: 5, isPrompt: true, times: 1 });
  assert.deepEqual(taken, [1]);
  assert.deepEqual(calls, ["fill ", "step 1,2,3,4,5 false"]);
});

test("a program that cannot be loaded is named with the reason", async () => {
  const script = new URL("../peer-script.ts", import.meta.url);
  const file = { engine: "llama.cpp", module: "/nowhere.js", folder: "/", file: "q8_0.gguf" };
  const argument = { ...file, threads: 1, context: 64, clock: "wall" };
  const name = "llama.cpp q8_0";
  await assert.rejects(startAsked({ name, script, argument, loading: 60_000 }), /llama\.cpp q8_0: .*nowhere/);
});
