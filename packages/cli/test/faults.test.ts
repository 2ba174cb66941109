/** Faults amid streams of the built-in pair: what is lost says so, and all else is as it was, token for token. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { builtInProblems } from "@lenity/bench/problems";
import { loadModel } from "@lenity/onnx";
import { endServer } from "../src/drain-server.ts";
import { type LoadedModels, loadModels } from "../src/load-models.ts";
import { bytesInUse, handles, type Serving, serving, until } from "./streams.ts";

const questions = builtInProblems(8, 11).map(({ question }) => question);
const settings = { temperature: 1, max_tokens: 40, speculative: { draft_tokens: 3 } };
/** Hot, so that it never ends by itself. */
const endless = { temperature: 5, max_tokens: 400, speculative: { draft_tokens: 0 } };

let models: LoadedModels;
/** What each question is answered when nothing else happens. */
const alone: string[] = [];
before(async () => {
  models = await loadModels({}, "messages");
  const { server, stream } = await serving(models);
  for (const question of questions) alone.push((await stream(question, settings)).text);
  await endServer(server, new AbortController());
  assert.ok(alone.every((text) => text.length > 20));
});
after(() => models.close());

/** Fails unless no place, session, socket or much memory is held any longer. */
async function nothingHeld({ queue, server }: Serving, handlesBefore: number): Promise<void> {
  await until("the queue is empty", async () => {
    const { active, waiting } = await queue();
    return active + waiting === 0;
  });
  await until("no session is open", () => models.target.engines.every(({ sessions }) => sessions === 0));
  await until("no draft session is open", () => models.draft?.engines?.every(({ sessions }) => sessions === 0) ?? true);
  await endServer(server, new AbortController());
  await until("files and sockets are closed", () => handles() <= handlesBefore);
}

test("a hundred clients that leave amid their streams take nothing with them", async () => {
  const held: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = handles();
    const served = await serving(models, { concurrency: 16, maxQueue: 200 });
    const leaving = new AbortController();
    let begun = 0;
    const left = Array.from({ length: 100 }, async (_, at) => {
      const response = await served.post(questions[at % 8] as string, { ...endless, seed: at }, leaving.signal);
      begun++;
      for await (const _ of response.body ?? []);
    });
    const leavers = Promise.allSettled(left);
    const staying = questions.map((question) => served.stream(question, settings));
    // All have their headers; sixteen have text, and the others wait.
    await until("all have begun", () => begun === 100);
    leaving.abort();
    const texts = (await Promise.all(staying)).map(({ text, done }) => [text, done]);
    assert.deepEqual(
      texts,
      alone.map((text) => [text, true]),
    );
    assert.ok((await leavers).every(({ status }) => status === "rejected"));
    await nothingHeld(served, before);
    held.push(bytesInUse() ?? 0);
  }
  const [, second = 0, third = 0] = held;
  assert.ok(third - second < 20 * 2 ** 20, `${held.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(", ")} MB`);
});

test("a full queue refuses with a time to come back, and answers those who wait", async () => {
  const before = handles();
  const served = await serving(models, { concurrency: 2, maxQueue: 6 });
  // All eight ask before any of them can have ended.
  const asked = questions.map((question) => served.stream(question, settings));
  await until("the queue is full", async () => {
    const { active, waiting } = await served.queue();
    return active + waiting === 8;
  });
  const refused = await Promise.all(questions.map((question) => served.post(question, settings)));
  const answered = refused.filter(({ status }) => status === 200);
  for (const response of refused) {
    if (response.status === 200) continue;
    assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "1"]);
    assert.match(await response.text(), /"code":"queue_full"/);
  }
  assert.ok(answered.length < 8, "the queue took all of them");
  await Promise.all(answered.map((response) => response.text()));
  assert.deepEqual(
    (await Promise.all(asked)).map(({ text }) => text),
    alone,
  );
  await nothingHeld(served, before);
});

test("a server that ends amid streams finishes what is in time, tells the others, and holds nothing", async () => {
  const before = handles();
  const ending = new AbortController();
  const served = await serving(models, { ending: ending.signal, onFailure: () => {} });
  let begun = 0;
  const texts: string[] = [];
  const slow = [1, 2, 3].map((seed) =>
    served.stream(questions[seed] as string, { ...endless, max_tokens: 480, seed }, (text) => {
      if ((texts[seed] ?? "") === "" && text !== "") begun++;
      texts[seed] = text;
    }),
  );
  const quick = questions.map((question) => served.stream(question, settings));
  await until("all have begun", () => begun === 3);
  const quickTexts = Promise.all(quick).then((all) => all.map(({ text }) => text));
  // Those that take longer are cut off as soon as the others are answered.
  const ended = quickTexts.then(() => ending.abort());
  const stopped = served.server.stop();
  assert.deepEqual(await quickTexts, alone);
  await ended;
  for (const [at, { status, text, done, errors }] of (await Promise.all(slow)).entries()) {
    if (done) continue; // it was quicker than the others
    assert.deepEqual([status, errors, text], [200, ["server_ending"], texts[at + 1]]);
  }
  await stopped;
  await served.server.close();
  await until("no session is open", () => models.target.engines.every(({ sessions }) => sessions === 0));
  await until("files and sockets are closed", () => handles() <= before);
});

describe("an engine that dies amid a stream", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lenity-faults-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Two engines, each of which ends its thread in the fifth turn of an answer about trains. */
  async function mortal() {
    // No other question has this word.
    const [deadly] = models.tokenizer.encode(" trains").slice(-1);
    const script = join(folder, "worker.ts");
    const worker = new URL("../../onnx/src/worker.ts", import.meta.url);
    await writeFile(
      script,
      `import ${JSON.stringify(worker)};
       import { parentPort } from "node:worker_threads";
       const turns = new Map();
       parentPort.on("message", ({ request }) => {
         const { session, tokens } = request;
         if (tokens?.includes(${deadly})) turns.set(session, 0);
         if (!turns.has(session) || request.type !== "draw") return;
         turns.set(session, turns.get(session) + 1);
         if (turns.get(session) === 5) process.exit(3);
       });`,
    );
    return loadModel(models.target.folder, { engines: 2, worker: pathToFileURL(script), name: "tiny" });
  }

  test("ends its stream with one error, leaves those of the other engine alone, and is replaced", async () => {
    const target = await mortal();
    const failures: unknown[] = [];
    const both = { ...models, target, close: async () => {} };
    const served = await serving(both, { onFailure: (error) => failures.push(error) });
    const held: number[] = [];
    for (let time = 1; time <= 4; time++) {
      let seen = "";
      const deadly = served.stream("How many trains are there?", endless, (text) => (seen = text));
      const other = served.stream(questions[0] as string, settings);
      const lost = await deadly;
      assert.deepEqual([lost.status, lost.done, lost.errors], [200, false, ["worker_lost"]]);
      assert.equal(lost.text, seen);
      const { text, done } = await other;
      assert.deepEqual([text, done], [alone[0], true]);
      await until("both engines run", () => target.engines.every(({ state }) => state === "ready"));
      const next = await Promise.all(questions.map((question) => served.stream(question, settings)));
      assert.deepEqual(
        next.map(({ text }) => text),
        alone,
      );
      assert.equal(failures.length, time);
      held.push(handles());
    }
    assert.equal(
      target.engines.reduce((sum, { restarts }) => sum + restarts, 0),
      4,
    );
    assert.ok(target.engines.every(({ sessions }) => sessions === 0));
    assert.deepEqual(await served.queue(), { active: 0, waiting: 0 });
    // Deno keeps two files of each thread that has ended itself.
    if (!("Deno" in globalThis))
      assert.ok((held.at(-1) ?? 0) <= (held[1] ?? 0), `${held.join(", ")} files and sockets`);
    await endServer(served.server, new AbortController());
    await target.close();
  });
});
