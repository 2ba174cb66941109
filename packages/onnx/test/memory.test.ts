/** What a model holds is given back, however it ends: on Deno a thread that ends frees no session by itself. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadModel } from "../src/index.ts";
import { configOf, small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { deadly, mortalWorker } from "./mortal-worker.ts";

/** Some 25 MB of weights. */
const shape = { ...small, width: 256, inner: 4096 };
const times = 20;
/** Megabytes. Twenty models that stay open take 500 at least; garbage that is yet to be collected took up to 120. */
const allowed = 250;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model", shape);
});
after(() => folder.remove());

/**
 * The megabytes that the process grows by while something is done twenty times. Twice before that: what is loaded once
 * is not counted.
 */
async function growth(job: () => Promise<void>): Promise<number> {
  for (let n = 0; n < 2; n++) await job();
  const before = process.memoryUsage.rss();
  for (let n = 0; n < times; n++) await job();
  return (process.memoryUsage.rss() - before) / 2 ** 20;
}

async function assertBounded(job: () => Promise<void>): Promise<void> {
  const grown = await growth(job);
  assert.ok(grown < allowed, `the process grew by ${grown.toFixed(0)} MB`);
}

describe(`memory does not grow with a model that is ${times} times`, () => {
  test("opened, used and closed", () =>
    assertBounded(async () => {
      const model = await loadModel(dir, { threads: 1 });
      const session = await model.open();
      await session.append(tokensOf(9));
      await session.close();
      await model.close();
    }));

  test("closed as it computes", () =>
    assertBounded(async () => {
      const model = await loadModel(dir, { threads: 1 });
      const session = await model.open();
      const pending = assert.rejects(session.append(tokensOf(200)), { code: "worker_lost" });
      await model.close();
      await pending;
    }));

  test("refused after it was opened", async () => {
    await writeFile(join(dir, "config.json"), JSON.stringify({ ...configOf(shape), vocab_size: shape.vocabulary + 1 }));
    await assertBounded(() => assert.rejects(loadModel(dir, { threads: 1 }), { code: "model_files" }));
    await writeFile(join(dir, "config.json"), JSON.stringify(configOf(shape)));
  });

  test("started again because its thread was lost", async () => {
    const model = await loadModel(dir, { threads: 1, worker: await mortalWorker(folder.path) });
    await assertBounded(async () => {
      const session = await model.open();
      await session.append(tokensOf(9));
      await assert.rejects(session.append([deadly]), { code: "worker_lost" });
      await session.close();
    });
    await model.close();
  });
});
