/** Core and the server in workerd: without Node or compiling WebAssembly, and a request ends when its client leaves. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { arithmetic } from "../../packages/core/src/arithmetic/fastest.ts";
import { plain } from "../../packages/core/src/arithmetic/plain.ts";
import { createServer } from "../../packages/server/src/index.ts";
import {
  chunks,
  joined,
  question,
  type Reply,
  randomPair,
  reply,
  served,
  textOf,
  until,
} from "../../packages/server/test/doubles.ts";
import { type RunningWorker, startWorker } from "./start.ts";
import { verdicts } from "./verdicts.ts";

const start = (file: string): Promise<RunningWorker> => {
  const entry = join(import.meta.dirname, file);
  return startWorker({ entry, compatibilityDate: "2026-07-01", compatibilityFlags: ["enable_request_signal"] });
};
let worker: RunningWorker;
let withKernels: RunningWorker;
before(async () => {
  [worker, withKernels] = await Promise.all([start("worker.ts"), start("worker-with-kernels.ts")]);
});
after(() => Promise.all([worker.stop(), withKernels.stop()]));

const ask = (body: object | string, init: RequestInit = {}): Promise<Response> => {
  const text = typeof body === "string" ? body : JSON.stringify({ messages: question, max_tokens: 40, ...body });
  return fetch(new URL("/v1/chat/completions", worker.url), {
    method: "POST",
    body: text,
    headers: { "content-type": "application/json" },
    ...init,
  });
};
const inside = async <T>(path: string, { url } = worker): Promise<T> =>
  (await (await fetch(new URL(path, url))).json()) as T;

/** With 5 decimals: the plain arithmetic and that of the kernels differ in the last ones. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, part) => (typeof part === "number" ? Number(part.toFixed(5)) : part));

describe("the arithmetic", () => {
  test("is the plain one if WebAssembly would have to be compiled, and that of the kernels if they are imported", async () => {
    assert.deepEqual(await inside("/arithmetic"), { plain: true });
    assert.deepEqual(await inside("/arithmetic", withKernels), { plain: false });
  });

  test("leads in both cases to the same verdicts as here, for every verifier and preset", async () => {
    assert.notEqual(arithmetic(), plain);
    const expected = await verdicts();
    assert.ok(Object.keys(expected).length > 30);
    for (const there of [worker, withKernels])
      assert.deepEqual(await inside("/verdicts", there), JSON.parse(JSON.stringify(expected)));
  });
});

describe("the chat route", () => {
  const { target, draft } = randomPair();
  const here = createServer({ models: [served(target, draft, { id: "table" })] });
  const policies = [
    "strict",
    "judi",
    "block",
    { type: "or", any: [{ type: "sd" }, { type: "topk", k: 4, delta: 0.5 }] },
  ];

  for (const model of ["table", "remote"]) {
    test(`answers from the ${model} model as it does here, under each policy, streamed or not`, async () => {
      for (const [seed, policy] of policies.entries()) {
        const body = { seed, speculative: { policy, draft_tokens: 6 } };
        const expected = await reply(here, { model: "table", ...body });
        const whole = await ask({ model, ...body });
        assert.equal(whole.status, 200);
        const answer = (await whole.json()) as Reply;
        assert.equal(textOf(answer), textOf(expected));
        assert.deepEqual(rounded(answer.metrics), rounded(expected.metrics));
        const stream = await ask({ model, stream: true, ...body });
        assert.match(stream.headers.get("content-type") ?? "", /^text\/event-stream/);
        const { all, done } = await chunks(stream);
        assert.ok(done);
        assert.equal(joined(all), textOf(expected));
      }
    });
  }

  test("answers an invalid request with an error in JSON", async () => {
    const wrong: readonly (readonly [object | string, string | null, RegExp])[] = [
      ["{", null, /not JSON/],
      [{ temperature: 400 }, "temperature", /400/],
      [{ speculative: { policy: "judy" } }, "speculative.policy", /judi/],
      [{ stream: true, speculative: { policy: "judi", drafter: "lookup" } }, "speculative.policy", /drafter/],
    ];
    for (const [body, param, message] of wrong) {
      const response = await ask(body);
      assert.equal(response.status, 400);
      const { error } = (await response.json()) as Reply;
      assert.equal(error?.type, "invalid_request_error");
      assert.equal(error?.param, param);
      assert.match(error?.message ?? "", message);
    }
  });

  test("makes requests wait for their turn, although each has its own context", async () => {
    const answers = await Promise.all([1, 2, 3].map((seed) => ask({ model: "remote", seed, max_tokens: 20 })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
  });

  test("lists the policies with their options as JSON Schema", async () => {
    const { verifiers } = await inside<{ verifiers: { type: string; options: { type?: string } }[] }>("/v1/policies");
    assert.equal(verifiers.find(({ type }) => type === "kl")?.options.type, "object");
  });
});

describe("a client that goes away", () => {
  const sessions = async () => (await inside<{ open: number }>("/sessions")).open;
  const queue = async () => (await inside<{ queue: { active: number; waiting: number } }>("/health")).queue;
  const body = { model: "slow", max_tokens: 3000, speculative: { draft_tokens: 0 } };

  for (const stream of [true, false]) {
    test(`stops the model and frees its place in the queue: ${stream ? "a stream" : "a whole answer"}`, async () => {
      const gone = new AbortController();
      const answer = ask({ ...body, stream }, { signal: gone.signal }).then((response) => response.text());
      const failed = assert.rejects(answer, { name: "AbortError" });
      await until(async () => (await sessions()) === 1);
      gone.abort();
      await failed;
      await until(async () => (await queue()).active === 0);
      assert.equal(await sessions(), 0);
    });
  }

  test("leaves the queue, and the next one gets its turn", async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const running = assert.rejects(ask(body, { signal: first.signal }));
    await until(async () => (await queue()).active === 1);
    const waiting = assert.rejects(ask(body, { signal: second.signal }));
    await until(async () => (await queue()).waiting === 1);
    const last = ask({ model: "table" });
    await until(async () => (await queue()).waiting === 2);
    second.abort();
    await waiting;
    await until(async () => (await queue()).waiting === 1);
    first.abort();
    await running;
    assert.equal((await last).status, 200);
  });
});
