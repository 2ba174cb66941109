import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ReplyTimes, replyTimes } from "../src/engine/reply-times.ts";
import { loadModel } from "../src/load-model.ts";
import { temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
});
after(() => folder.remove());

/** What is published while a session appends 200 tokens, which are two messages and two runs, then drafts nothing. */
async function published(subscribedAtLoad: boolean): Promise<readonly ReplyTimes[]> {
  const heard: ReplyTimes[] = [];
  const listen = (message: unknown) => heard.push(message as ReplyTimes);
  const ignore = () => {};
  if (subscribedAtLoad) replyTimes.subscribe(ignore);
  const model = await loadModel(dir, { threads: 1 });
  replyTimes.subscribe(listen);
  try {
    const session = await model.open();
    await session.append(tokensOf(200));
    await session.close();
  } finally {
    replyTimes.unsubscribe(listen);
    replyTimes.unsubscribe(ignore);
    await model.close();
  }
  return heard;
}

test("a model that is loaded while somebody listens tells for each reply how long it ran, worked and took", async () => {
  const appends = (await published(true)).filter(({ request }) => request === "append");
  assert.equal(appends.length, 2);
  for (const { runs, handled, roundTrip } of appends) {
    assert.deepEqual(
      runs.map(({ model }) => model),
      ["model"],
    );
    const ran = runs.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    assert.ok(0 < ran && ran <= handled && handled <= roundTrip, `${ran} ${handled} ${roundTrip}`);
  }
});

test("a model that is loaded while nobody listens measures nothing", async () => {
  assert.deepEqual(await published(false), []);
});
