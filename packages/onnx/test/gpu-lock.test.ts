import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { type GpuLock, releaseGpu, takeGpu } from "../src/protocol/gpu-lock.ts";

const fresh = (): GpuLock => new Int32Array(new SharedArrayBuffer(4));

test("the lock is taken once, kept until its holder releases it, and taken twice by its holder", () => {
  const lock = fresh();
  takeGpu(lock, 3);
  takeGpu(lock, 3);
  releaseGpu(lock, 4);
  assert.equal(lock[0], 3);
  releaseGpu(lock, 3);
  assert.equal(lock[0], 0);
});

test("threads wait for each other, and for one that died", async () => {
  const lock = fresh();
  const log = new Int32Array(new SharedArrayBuffer(4 * 100));
  takeGpu(lock, 99);
  const code = `
    const { workerData, threadId } = require("node:worker_threads");
    import(workerData.script).then(({ takeGpu, releaseGpu }) => {
      for (let n = 0; n < 20; n++) {
        takeGpu(workerData.lock, threadId);
        workerData.log[Atomics.add(workerData.log, 0, 1) + 1] = threadId;
        const until = performance.now() + 1;
        while (performance.now() < until);
        workerData.log[Atomics.add(workerData.log, 0, 1) + 1] = threadId;
        releaseGpu(workerData.lock, threadId);
      }
    });`;
  const script = new URL("../src/protocol/gpu-lock.ts", import.meta.url).href;
  const workers = [0, 1].map(() => new Worker(code, { eval: true, workerData: { lock, log, script } }));
  const ended = workers.map((worker) => new Promise<void>((resolve) => worker.on("exit", () => resolve())));
  releaseGpu(lock, 99); // as for a thread that is gone
  await Promise.all(ended);
  const seen = [...log.subarray(1, 81)];
  assert.equal(log[0], 80);
  for (let n = 0; n < 80; n += 2) assert.equal(seen[n], seen[n + 1], "Two threads had the lock at once.");
  assert.equal(new Set(seen).size, 2);
});
