import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferenceSession } from "onnxruntime-node";
import { steadySession } from "../src/device/steady-session.ts";

test("a steady session fetches the same outputs at each run, frees those that were not asked for, and is released with its helper", async () => {
  const asked: unknown[] = [];
  const freed: string[] = [];
  let released = 0;
  const session = {
    inputNames: ["in"],
    run: async (_: unknown, fetches: object) => {
      asked.push(fetches);
      const tensor = (name: string) => ({ location: "gpu-buffer", dispose: () => freed.push(name) });
      return Object.fromEntries(Object.keys(fetches).map((name) => [name, tensor(name)]));
    },
    async release() {
      released++;
    },
  } as unknown as InferenceSession;
  let helped = 0;
  const helper = { release: async () => void helped++ } as unknown as InferenceSession;
  const names = ["logits", "hidden", "present.0.key"];
  const steady = steadySession(session, names, [helper]);
  const given: string[][] = [];
  for (const fetches of [{ logits: null }, { "present.0.key": null }, { hidden: null, logits: null }])
    given.push(Object.keys(await steady.run({}, fetches)));
  assert.deepEqual(asked, new Array(3).fill({ logits: null, hidden: null, "present.0.key": null }));
  assert.deepEqual(given, [["logits"], ["present.0.key"], ["logits", "hidden"]]);
  assert.deepEqual(freed, ["hidden", "present.0.key", "logits", "hidden", "present.0.key"]);
  await steady.release();
  assert.deepEqual([released, helped, steady.inputNames], [1, 1, ["in"]]);
});
