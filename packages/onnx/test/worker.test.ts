import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startThread } from "../src/engine/thread-link.ts";
import { loadModel, onnxDrafter } from "../src/index.ts";
import type { Request } from "../src/protocol/protocol.ts";
import { temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { mortalWorker } from "./mortal-worker.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
});
after(() => folder.remove());

const request: Request = { type: "close", session: 0 };

/** A worker that runs this code for each message. */
async function workerThat(code: string): Promise<URL> {
  const file = join(folder.path, `${Math.random()}.mjs`);
  await writeFile(
    file,
    `import { parentPort } from "node:worker_threads";\nparentPort.on("message", ({ id, end }) => { if (end) process.exit(); ${code} });\n`,
  );
  return pathToFileURL(file);
}

describe("a lost worker", () => {
  for (const [how, code, seen] of [
    ["exits", "process.exit(3);", /thread of some\/model .*(code 3|code 1)\. What now\?$/],
    ["throws", "throw new Error('out of luck');", /thread of some\/model died: .*out of luck\. What now\?$/],
  ] as const) {
    test(`that ${how} rejects what is pending and all that follows, naming the model`, async () => {
      const link = startThread(await workerThat(`if (id === 1) { ${code} }`), "some/model", () => "What now?");
      const pending = [link.request(request), link.request(request)];
      for (const promise of pending) await assert.rejects(promise, { code: "worker_lost", message: seen });
      await assert.rejects(link.request(request), { code: "worker_lost", message: seen });
      assert.throws(() => link.check(), { code: "worker_lost" });
      await link.close();
    });
  }

  test("that was closed rejects the calls of its sessions, pending and later", async () => {
    const model = await loadModel(dir, { threads: 1 });
    const session = await model.open();
    const drafter = onnxDrafter(model);
    const draft = {
      context: [1, 2],
      limit: 4,
      sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
      uniform: [0, 0, 0, 0],
    };
    await drafter.propose(draft);
    const pending = session.append(tokensOf(200));
    const lost = { code: "worker_lost", message: /model was closed\.$/ };
    const rejected = assert.rejects(pending, lost);
    await model.close();
    await rejected;
    await assert.rejects(session.append([1]), lost);
    await assert.rejects(model.open(), lost);
    await assert.rejects(drafter.propose(draft), lost);
    await session.close();
    await drafter.close();
    await model.close();
  });
});

describe("a process", () => {
  const run = (ending: string, ...script: string[]) => {
    const permissions = "Deno" in globalThis ? ["run", "-A"] : [];
    const program = fileURLToPath(new URL("./short-life.ts", import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [...permissions, program, dir, ending, ...script], {
      encoding: "utf8",
      timeout: 20_000,
    });
    return [status, stdout.trim()];
  };

  test("ends by itself while a model lies idle", () => assert.deepEqual(run("idle"), [0, "1"]));

  test("stays for an answer that is awaited by nothing else", () => assert.deepEqual(run("awaiting"), [0, "2"]));

  test("ends by itself after a file was refused", async () => {
    const all = await readFile(join(dir, "onnx", "model.onnx"));
    await writeFile(join(dir, "damaged.onnx"), all.subarray(0, all.length / 2));
    assert.deepEqual(run("refused"), [0, "model_files"]);
  });

  test("ends by itself, or has the answer that is awaited, after its worker was lost", async () => {
    const script = fileURLToPath(await mortalWorker(folder.path));
    assert.deepEqual(run("lost", script), [0, "worker_lost"]);
    assert.deepEqual(run("lost and awaited", script), [0, "worker_lost\n0"]);
  });

  test("ends after close", () => assert.deepEqual(run("close"), [0, "closed"]));
});
