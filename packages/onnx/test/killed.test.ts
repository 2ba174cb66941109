/**
 * Threads that are killed from outside, as they compute and as they wait: what `process.exit` and errors in them are
 * not.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { loadModel, type OnnxModel } from "../src/index.ts";
import { temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { deadly, mortalWorker } from "./mortal-worker.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
/** The threads that were sent something, the latest last. Nothing hands them out. */
const threads = new Set<Worker>();
const { postMessage } = Worker.prototype;
before(async () => {
  Worker.prototype.postMessage = function (...message) {
    threads.delete(this);
    threads.add(this);
    return postMessage.apply(this, message);
  };
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
});
after(async () => {
  Worker.prototype.postMessage = postMessage;
  await folder.remove();
});

const text = tokensOf(60, 3);

async function scored(model: OnnxModel): Promise<Float32Array> {
  const session = await model.open();
  const { logits } = await session.append(text, { rows: 1 });
  await session.close();
  return logits;
}

describe("a thread that is killed", () => {
  // In code of its own: in a call of ONNX Runtime, a thread that is torn down takes the process with it.
  test("as it computes fails what it was asked, alone, and is started again", async () => {
    const worker = await mortalWorker(folder.path, "for (;;);");
    const model = await loadModel(dir, { engines: 2, worker });
    const plain = await loadModel(dir, { threads: 1 });
    const expected = await scored(plain);
    const [doomed, other] = [await model.open(), await model.open()];
    const lost = {
      code: "worker_lost",
      message: /^The thread of model \(engine 1 of 2\) ended with code \d+\. It is being restarted/,
    };
    const failures = [doomed.append([5, deadly]), doomed.draft(drafting)].map((request) =>
      assert.rejects(request, lost),
    );
    await pause(50);
    await [...threads].at(-1)?.terminate();
    await Promise.all(failures);
    assert.deepEqual((await other.append(text, { rows: 1 })).logits, expected);
    while (model.engines.some(({ state }) => state === "restarting")) await pause(5);
    assert.deepEqual(
      model.engines.map(({ state, restarts }) => [state, restarts]),
      [
        ["ready", 1],
        ["ready", 0],
      ],
    );
    await Promise.all([doomed.close(), other.close()]);
    assert.deepEqual(await Promise.all([scored(model), scored(model)]), [expected, expected]);
    await Promise.all([model.close(), plain.close()]);
  });

  test("as it waits is started again, and the next request does not notice", async () => {
    const model = await loadModel(dir, { threads: 1 });
    const expected = await scored(model);
    await [...threads].at(-1)?.terminate();
    assert.deepEqual(await scored(model), expected);
    assert.deepEqual(
      model.engines.map(({ state, restarts }) => [state, restarts]),
      [["ready", 1]],
    );
    await model.close();
  });
});

const drafting = {
  context: tokensOf(9),
  limit: 2,
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
  uniform: [0, 0],
};
