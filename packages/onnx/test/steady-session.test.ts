import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferenceSession } from "onnxruntime-node";
import { steadySession } from "../src/device/steady-session.ts";

test("a steady session fetches what it has fetched before, into tensors of its own, and is released with its helper", async () => {
  const asked: unknown[] = [];
  let released = 0;
  const session = {
    inputNames: ["in"],
    run: async (_: unknown, fetches: unknown) => {
      asked.push(fetches);
      return {};
    },
    async release() {
      released++;
    },
  } as unknown as InferenceSession;
  let helped = 0;
  const helper = { release: async () => void helped++ } as unknown as InferenceSession;
  const steady = steadySession(session, [helper]);
  for (const fetches of [{ logits: null }, { "present.0.key": null }, { hidden: null, logits: null }]) await steady.run({}, fetches);
  assert.deepEqual(asked, [
    { logits: null },
    { logits: null, "present.0.key": null },
    { logits: null, "present.0.key": null, hidden: null },
  ]);
  await steady.release();
  assert.deepEqual([released, helped, steady.inputNames], [1, 1, ["in"]]);
});
