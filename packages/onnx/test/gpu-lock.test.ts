import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { endTurn, type Turns, takeTurn } from "../src/protocol/gpu-lock.ts";

const fresh = (): Turns => new Int32Array(new SharedArrayBuffer(4));

test("a turn is taken once, kept until its holder ends it, and taken twice by its holder", () => {
  const turns = fresh();
  takeTurn(turns, 3);
  takeTurn(turns, 3);
  endTurn(turns, 4);
  assert.equal(turns[0], 3);
  endTurn(turns, 3);
  assert.equal(turns[0], 0);
});

test("threads wait for each other's turns, and for one that died", async () => {
  const turns = fresh();
  const log = new Int32Array(new SharedArrayBuffer(4 * 100));
  takeTurn(turns, 99);
  const code = `
    const { workerData, threadId } = require("node:worker_threads");
    import(workerData.script).then(({ takeTurn, endTurn }) => {
      for (let n = 0; n < 20; n++) {
        takeTurn(workerData.turns, threadId);
        workerData.log[Atomics.add(workerData.log, 0, 1) + 1] = threadId;
        const until = performance.now() + 1;
        while (performance.now() < until);
        workerData.log[Atomics.add(workerData.log, 0, 1) + 1] = threadId;
        endTurn(workerData.turns, threadId);
      }
    });`;
  const script = new URL("../src/protocol/gpu-lock.ts", import.meta.url).href;
  const workers = [0, 1].map(() => new Worker(code, { eval: true, workerData: { turns, log, script } }));
  const ended = workers.map((worker) => new Promise<void>((resolve) => worker.on("exit", () => resolve())));
  endTurn(turns, 99); // as for a thread that is gone
  await Promise.all(ended);
  const seen = [...log.subarray(1, 81)];
  assert.equal(log[0], 80);
  for (let n = 0; n < 80; n += 2) assert.equal(seen[n], seen[n + 1], "Two threads had the turn at once.");
  assert.equal(new Set(seen).size, 2);
});
