import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError } from "@lenity/core";
import { type WorkerHandle, workerHandle } from "../src/engine/worker-handle.ts";
import type { WorkerLink } from "../src/protocol/link.ts";
import type { Request } from "../src/protocol/protocol.ts";
import { tokensOf } from "../src/testing/random-llama.ts";

/**
 * A handle of a worker that only writes down what it is asked for: 1 byte a token. `failing` says which requests fail,
 * and with what.
 */
function recording(cacheBytes: number, failing: (request: Request) => Error | undefined = () => undefined) {
  const requests: Request[] = [];
  const lengths = new Map<number, number>();
  let lost: Error | undefined;
  const answer = (request: Request): unknown => {
    requests.push(request);
    const error = failing(request);
    if (error instanceof LenityError) lost = error;
    if (error !== undefined) throw error;
    if (request.type === "append") lengths.set(request.session, request.from + request.tokens.length);
    if (request.type === "copy") lengths.set(request.session, request.length);
    if (request.type === "measure") return lengths.get(request.session) ?? 0;
    return request.type === "append" ? { logits: new Float32Array(0) } : undefined;
  };
  const link: WorkerLink = {
    check() {
      if (lost !== undefined) throw lost;
    },
    request: async <Reply>(request: Request) => answer(request) as Reply,
    close: async () => {},
  };
  const worker = workerHandle(
    link,
    {
      name: "recording",
      vocabulary: 50,
      readable: 50,
      contextLength: 1000,
      hidden: {},
      eos: [],
      computesReadings: false,
    },
    cacheBytes,
  );
  const asked = (type: Request["type"]) => requests.filter((request) => request.type === type);
  return { worker, asked };
}

/** One whole session of a prompt. Returns how much it held from the start. */
async function used(worker: WorkerHandle, prompt: readonly number[]): Promise<number> {
  const session = await worker.open(prompt);
  const { length } = session;
  await session.append(prompt.slice(length), { rows: 0 });
  await session.close();
  return length;
}

const system = tokensOf(60, 1);
const asking = (seed: number) => [...system, ...tokensOf(40, seed)];

describe("a worker", () => {
  test("hands a kept cache over to the prompt that goes on from it, without a word to the worker", async () => {
    const { worker, asked } = recording(1000);
    await used(worker, asking(2));
    const next = [...asking(2), ...tokensOf(30, 3)];
    assert.equal(worker.cached(next), 100);
    assert.equal(await used(worker, next), 100);
    assert.deepEqual(
      asked("append").map((request) => [
        request.type === "append" && request.session,
        request.type === "append" && request.from,
      ]),
      [
        [0, 0],
        [0, 100],
      ],
    );
    assert.deepEqual([asked("copy"), asked("close")], [[], []]);
  });

  test("also when its last tokens are written differently", async () => {
    const { worker, asked } = recording(1000);
    await used(worker, asking(2));
    assert.equal(await used(worker, [...asking(2).slice(0, -8), 0, 0, 0]), 92);
    assert.deepEqual(asked("copy"), []);
  });

  test("copies the rows that two prompts share, so that both can go on", async () => {
    const { worker, asked } = recording(1000);
    await used(worker, asking(2));
    assert.equal(await used(worker, asking(3)), 60);
    assert.deepEqual(asked("copy"), [{ type: "copy", session: 1, source: 0, length: 60 }]);
    for (const seed of [2, 3]) assert.equal(worker.cached([...asking(seed), 1]), 100);
  });

  test("gives a prompt nothing that another scope left, and what is copied or taken over stays in its own", async () => {
    const { worker } = recording(1000);
    const scopes = ["key 0", "key 1", undefined];
    for (const scope of scopes) {
      assert.equal(worker.cached(asking(2), scope), 0);
      for (const [prompt, held] of [
        [asking(2), 0],
        [asking(3), 60],
        [asking(2), 99],
      ] as const) {
        const session = await worker.open(prompt, scope);
        assert.equal(session.length, held);
        await session.append(prompt.slice(held));
        await session.close();
      }
      for (const seed of [2, 3]) assert.equal(worker.cached([...asking(seed), 1], scope), 100);
    }
    assert.equal(worker.cached(asking(2), "key 2"), 0);
  });

  test("gives no two open sessions one cache", async () => {
    const { worker } = recording(1000);
    await used(worker, asking(2));
    const [first, second] = [await worker.open(asking(2)), await worker.open(asking(2))];
    assert.deepEqual([first.length, second.length], [99, 0]);
    assert.equal(worker.sessions, 2);
    for (const session of [first, second, first]) await session.close();
    assert.equal(worker.sessions, 0);
  });

  test("has the worker free what it does not keep, within its bytes", async () => {
    const { worker, asked } = recording(250);
    for (let seed = 2; seed < 8; seed++) {
      await used(worker, tokensOf(100, seed));
      assert.ok(worker.keptBytes <= 250);
    }
    assert.deepEqual(
      asked("close").map((request) => request.type === "close" && request.session),
      [0, 1, 2, 3],
    );
    const none = recording(0);
    assert.equal(await used(none.worker, asking(2)), 0);
    assert.equal(await used(none.worker, asking(2)), 0);
    assert.equal(none.asked("close").length, 2);
  });

  test("keeps what a session held before a request that failed", async () => {
    const { worker } = recording(1000, (request) =>
      request.type === "append" && request.tokens.includes(0) ? new Error("no") : undefined,
    );
    const session = await worker.open(system);
    await session.append(system);
    await assert.rejects(session.append([3, 0]), /^Error: no$/);
    await session.close();
    assert.equal(worker.cached([...system, 3, 0, 1]), 60);
  });

  test("keeps what a round of drafting that failed has surely left alone", async () => {
    const { worker } = recording(1000, (request) =>
      request.type === "draft" ? new LenityError("aborted", "stop") : undefined,
    );
    const session = await worker.open(system);
    await session.append(system);
    const context = [...system.slice(0, 40), 0, 0];
    const request = {
      context,
      limit: 4,
      sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
      uniform: [0, 0, 0, 0],
    };
    await assert.rejects(session.draft(request), { code: "aborted" });
    assert.equal(session.length, 40);
    await session.close();
    assert.equal(worker.cached([...system, 1]), 40);
  });

  test("runs a prompt anew when there is no memory for a copy", async () => {
    const { worker } = recording(1000, (request) =>
      request.type === "copy" ? new RangeError("Array buffer allocation failed") : undefined,
    );
    await used(worker, asking(2));
    assert.equal(await used(worker, asking(3)), 0);
  });

  test("opens nothing on a worker that was lost", async () => {
    const lost = new LenityError("worker_lost", "gone");
    const { worker } = recording(1000, (request) => (request.type === "copy" ? lost : undefined));
    await used(worker, asking(2));
    await assert.rejects(worker.open(asking(3)), lost);
  });

  test("lets no closed session use a cache that may be another's", async () => {
    const { worker } = recording(1000);
    const session = await worker.open(system);
    await session.close();
    await assert.rejects(session.append([1]), /used after it was closed/);
    const draft = { context: [1], limit: 1, sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 }, uniform: [0] };
    await assert.rejects(session.draft(draft), /used after it was closed/);
  });
});
