import assert from "node:assert/strict";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { decode } from "@lenity/core";
import { startEngine } from "../src/engine/engine.ts";
import { loadWorker } from "../src/engine/load-worker.ts";
import { startThread } from "../src/engine/thread-link.ts";
import { loadModel, loadPair, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";
import { deadly, mortalWorker } from "./mortal-worker.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
let worker: URL;
let plain: OnnxModel;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
  worker = await mortalWorker(folder.path);
  plain = await loadModel(dir, { threads: 1, cacheBytes: 0 });
});
after(async () => {
  await plain.close();
  await folder.remove();
});

async function scored(model: OnnxModel, tokens: readonly number[]): Promise<Float32Array> {
  const session = await model.open({ prompt: tokens });
  const { logits } = await session.append(tokens.slice(session.length), { rows: 1 });
  await session.close();
  return logits;
}

/** The model still scores as an undisturbed one. */
async function assertSound(model: OnnxModel, seed: number): Promise<void> {
  assert.deepEqual(await scored(model, tokensOf(90, seed)), await scored(plain, tokensOf(90, seed)));
}

const states = (model: OnnxModel) => model.engines.map(({ state, restarts }) => [state, restarts]);
const lost = (message: RegExp) => ({ name: "LenityError", code: "worker_lost", message });

/** Waits until every engine is ready again. */
async function recovered(model: OnnxModel): Promise<void> {
  while (model.engines.some(({ state }) => state === "restarting"))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a model of several engines", () => {
  test("loses with one only the requests on it, restarts it, and is as new", async () => {
    const model = await loadModel(dir, { engines: 2, worker });
    const [first, second] = [await model.open(), await model.open()];
    assert.deepEqual(
      model.engines.map(({ sessions }) => sessions),
      [1, 1],
    );
    const tokens = tokensOf(290, 3);
    const going = (async () => {
      const rows: number[] = [];
      for (let at = 0; at < tokens.length; at += 10)
        rows.push(...(await first.append(tokens.slice(at, at + 10))).logits);
      return Float32Array.from(rows);
    })();
    await second.append(tokensOf(50, 4));
    // Few enough to be appended in one part, behind which the draft waits.
    const doomed = [second.append([...tokensOf(100, 5), deadly]), second.draft(drafting(tokensOf(60, 4)))];
    for (const request of doomed) {
      await assert.rejects(
        request,
        lost(/^The thread of model \(engine 2 of 2\) ended with code \d+\. It is being restarted/),
      );
    }
    assert.deepEqual(states(model), [
      ["ready", 0],
      ["restarting", 0],
    ]);
    await assert.rejects(second.append([1]), lost(/engine 2 of 2/));
    await assertSound(model, 6); // on the other engine, meanwhile
    await recovered(model);
    assert.deepEqual(states(model), [
      ["ready", 0],
      ["ready", 1],
    ]);
    await second.close();
    const fresh = await plain.open();
    assert.deepEqual(await going, (await fresh.append(tokens)).logits);
    await fresh.close();
    // The first engine still has its session, so the next one is on the second.
    const again = await model.open();
    assert.deepEqual(
      model.engines.map(({ sessions }) => sessions),
      [1, 1],
    );
    await again.append(tokensOf(20, 9));
    for (const session of [first, again]) await session.close();
    await assertSound(model, 7);
    await model.close();
  });

  test("gives twenty requests at once the answers of one engine", async () => {
    const options = { engines: 2, threads: 1 };
    const [target, draft] = [
      await loadModel(dir, options),
      await loadModel(await writeModel(folder.path, "draft", { ...small, layers: 1 }), options),
    ];
    const answer = async (model: OnnxModel, n: number) => {
      const prompt = [...tokensOf(40, 1), ...tokensOf(20 + n, 2 + (n % 7))];
      const said: number[] = [];
      const drafter = model === plain ? undefined : onnxDrafter(draft);
      for await (const event of decode(prompt, { target: model, drafter, maxTokens: 24, draftTokens: 6, seed: n })) {
        if (event.type === "round") said.push(...event.tokens.map(({ token }) => token));
      }
      return said;
    };
    const all = Array.from({ length: 20 }, (_, n) => n);
    const expected: number[][] = [];
    for (const n of all) expected.push(await answer(plain, n));
    assert.deepEqual(await Promise.all(all.map((n) => answer(target, n))), expected);
    assert.deepEqual(
      [...target.engines, ...draft.engines].map(({ state, sessions, restarts }) => [state, sessions, restarts]),
      Array.from({ length: 4 }, () => ["ready", 0, 0]),
    );
    assert.ok(
      target.engines.every(({ keptBytes }) => keptBytes > 0),
      "both engines had work",
    );
    await target.close();
    await draft.close();
  });

  test("places a prompt where its beginning is kept", async () => {
    const model = await loadModel(dir, { engines: 3 });
    const prompts = [11, 12, 13].map((seed) => tokensOf(100, seed));
    const sessions = await Promise.all(prompts.map((prompt) => model.open({ prompt })));
    for (const [i, session] of sessions.entries()) await session.append(prompts[i] ?? []);
    for (const session of sessions) await session.close();
    for (const prompt of [...prompts, ...prompts].reverse()) {
      const session = await model.open({ prompt: [...prompt, 1, 2, 3] });
      assert.equal(session.length, 100);
      await session.close();
    }
    await model.close();
  });

  test("of a pair has as many engines as the other", async () => {
    const home = await writeModel(folder.path, "pair", { ...small, vocabulary: 300 });
    await writeTokenizer(home);
    const pair = await loadPair(home, home, { engines: 2 });
    assert.deepEqual([pair.target.engines.length, pair.draft.engines.length], [2, 2]);
    await pair.close();
  });

  test("refuses a number of engines, or of bytes, that is none", async () => {
    for (const engines of [0, 1.5, -1]) await assert.rejects(loadModel(dir, { engines }), /^RangeError: engines is/);
    for (const cacheBytes of [-1, Number.NaN])
      await assert.rejects(loadModel(dir, { cacheBytes }), /^RangeError: cacheBytes is/);
  });

  test("leaves nothing running when the folder is not one", async () => {
    await assert.rejects(loadModel(join(folder.path, "nowhere"), { engines: 2 }), { code: "model_files" });
  });
});

const drafting = (context: readonly number[]) => ({
  context,
  limit: 4,
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
  uniform: [0, 0, 0, 0],
});

describe("a model of one engine", () => {
  for (const [how, code, why] of [
    ["ends", "process.exit(3);", /ended with code \d+\./],
    ["throws", "throw new Error('out of luck');", /died: .*out of luck/],
  ] as const) {
    test(`has the next request wait for the restart when its thread ${how}`, async () => {
      const model = await loadModel(dir, { threads: 1, worker: await mortalWorker(folder.path, code) });
      await scored(model, tokensOf(60, 21));
      assert.ok((model.engines[0]?.keptBytes ?? 0) > 0);
      const session = await model.open();
      await assert.rejects(session.append([5, deadly]), lost(why));
      assert.equal(model.engines[0]?.keptBytes, 0);
      await Promise.all([assertSound(model, 22), assertSound(model, 23)]);
      assert.deepEqual(states(model), [["ready", 1]]);
      await assert.rejects(scored(model, [5, deadly]), lost(why));
      await assertSound(model, 21);
      assert.deepEqual(states(model), [["ready", 2]]);
      await model.close();
    });
  }

  test("is started again on the device that it was put on at first", async () => {
    const file = join(folder.path, "asked");
    const begin = `import fs from "node:fs";
      parentPort.on("message", ({ request }) => { if (request?.type === "load") fs.appendFileSync(${JSON.stringify(file)}, request.device + "\\n"); });`;
    const model = await loadModel(dir, {
      device: "auto",
      threads: 1,
      worker: await mortalWorker(folder.path, undefined, begin),
    });
    await assert.rejects(scored(model, [5, deadly]), lost(/restarted/));
    await scored(model, tokensOf(20, 51));
    assert.deepEqual((await readFile(file, "utf8")).trim().split("\n"), ["auto", model.device.name]);
    await model.close();
  });

  test("loses a drafter's round and not its next answer", async () => {
    const model = await loadModel(dir, { threads: 1, worker });
    const drafter = onnxDrafter(model);
    const { tokens } = await drafter.propose(drafting(tokensOf(40, 31)));
    await assert.rejects(drafter.propose(drafting([...tokensOf(40, 31), deadly])), lost(/restarted/));
    await drafter.close();
    assert.deepEqual((await drafter.propose(drafting(tokensOf(40, 31)))).tokens, tokens);
    await drafter.close();
    await model.close();
  });

  test("lets a cancelled request go while the thread dies under it", async () => {
    const model = await loadModel(dir, { threads: 1, worker });
    const session = await model.open();
    const controller = new AbortController();
    const pending = session.append([...tokensOf(200, 41), deadly], { signal: controller.signal });
    controller.abort();
    await assert.rejects(pending, { code: "aborted" });
    await session.close();
    await assertSound(model, 42);
    await model.close();
  });

  test("gives up when its folder is gone, and says so to those who wait and who come", async () => {
    const home = await writeModel(folder.path, "moving");
    const request = {
      type: "load",
      name: "moving",
      file: join(home, "onnx", "model.onnx"),
      threads: 1,
      spin: 500,
      width: small.vocabulary,
      vocabulary: small.vocabulary,
      unused: new Set<number>(),
      contextLength: small.context,
      eos: [0],
    } as const;
    const start = (onLost: () => string) => {
      const link = startThread(worker, "moving", onLost);
      return { link, worker: loadWorker(link, request, 0) };
    };
    const engine = await startEngine("moving", start, [0, 1, 2]);
    const session = await engine.first.open([1, 2]);
    await rename(home, `${home}-away`);
    await assert.rejects(session.append([deadly]), lost(/moving ended/));
    for (let n = 0; n < 2; n++) {
      await assert.rejects(
        engine.ready(),
        lost(/moving failed to restart 3 times in a row: .*model\.onnx cannot be read/),
      );
    }
    assert.equal(engine.state.state, "failed");
    await engine.close();
  });
});

describe("closing", () => {
  /** A worker that writes for as long as it lives. */
  const beating = (file: string) =>
    mortalWorker(
      folder.path,
      undefined,
      `import fs from "node:fs"; setInterval(() => fs.appendFileSync(${JSON.stringify(file)}, "."), 2);`,
    );
  const size = async (file: string) => (await readFile(file).catch(() => "")).length;
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  for (const [when, meanwhile] of [
    ["", async () => {}],
    [" during a restart", async () => {}],
    [" as a restart loads", () => pause(40)],
  ] as const) {
    test(`ends every thread${when}`, async () => {
      const file = join(folder.path, `beats${when}`);
      const model = await loadModel(dir, { engines: 2, worker: await beating(file) });
      const sessions = [await model.open(), await model.open()];
      if (when !== "") await assert.rejects(sessions[1]?.append([deadly]) ?? Promise.resolve(), lost(/engine 2/));
      while ((await size(file)) === 0) await pause(1);
      await meanwhile();
      await model.close();
      const beats = await size(file);
      await pause(40);
      assert.equal(await size(file), beats);
      await assert.rejects(model.open(), lost(/was closed/));
      assert.deepEqual(
        model.engines.map(({ state }) => state),
        ["closed", "closed"],
      );
    });
  }
});
