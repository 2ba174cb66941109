/** Long drafts and blocks leave turns to others. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sampling } from "@lenity/core";
import { turns } from "../src/engine/turns.ts";
import { type WorkerHandle, workerHandle } from "../src/engine/worker-handle.ts";
import type { WorkerLink } from "../src/protocol/link.ts";
import type { Request } from "../src/protocol/protocol.ts";

const eos = 9;
const times = { draft: 1 };

/** A worker that takes a while for each request, draws the coins it is sent times 10, and writes down what it ran. */
function slowWorker() {
  const ran: { readonly session: number; readonly tokens: number; readonly rows: number }[] = [];
  const answer = (request: Request): unknown => {
    if (request.type === "append") {
      const { session, tokens, rows } = request;
      ran.push({ session, tokens: tokens.length, rows });
      return { logits: Float32Array.from({ length: rows }, (_, row) => tokens[tokens.length - rows + row] ?? -1) };
    }
    if (request.type === "draw") {
      ran.push({ session: request.session, tokens: request.limit, rows: 0 });
      return { tokens: Array(request.limit).fill(1) };
    }
    if (request.type !== "draft") return 0;
    const { session, from, tokens: more, limit, uniform } = request;
    ran.push({ session, tokens: limit, rows: limit });
    const drawn = uniform.slice(0, limit).map((coin) => Math.floor(10 * coin));
    const tokens = drawn.includes(eos) ? drawn.slice(0, drawn.indexOf(eos) + 1) : drawn;
    const block = request.block && { logits: new Float32Array(request.block.request.tokens.length + tokens.length) };
    return { tokens, logits: Float32Array.from(tokens), length: from + more.length + tokens.length - 1, block, times };
  };
  const link: WorkerLink = {
    check() {},
    async request<Reply>(request: Request) {
      await new Promise((resolve) => setImmediate(resolve));
      return answer(request) as Reply;
    },
    close: async () => {},
  };
  const facts = {
    name: "slow",
    vocabulary: 50,
    readable: 50,
    contextLength: 5000,
    hidden: {},
    eos: [eos],
    computesReadings: false,
    longestRun: 256,
  };
  const line = turns();
  const [worker, draft] = [0, 1].map((number) => workerHandle(link, facts, 0, { number, line }));
  return { ran, worker: worker as WorkerHandle, draft: draft as WorkerHandle };
}

const coins = (count: number) => Array.from({ length: count }, (_, at) => (at % 7) / 10);
const drafting = (uniform: readonly number[]) => {
  return { context: [1, 2, 3], limit: uniform.length, sampling: sampling(), uniform };
};

describe("beside a long turn of another session, a short one comes within a few runs:", () => {
  const longTurns = {
    "a draft of 1024 tokens": 1024 / 16,
    "a block of 1025 rows": Math.ceil(1025 / 128),
    "a prompt of 4000 tokens": Math.ceil(4000 / 128),
  };
  for (const [name, parts] of Object.entries(longTurns)) {
    test(name, async () => {
      const { ran, worker } = slowWorker();
      const [long, short] = [await worker.open([]), await worker.open([])];
      const tokens = Array.from({ length: name.includes("4000") ? 4000 : 1025 }, (_, at) => at % 50);
      const whole = name.includes("draft")
        ? long.draft(drafting(coins(1024)))
        : long.append(tokens, name.includes("block") ? {} : { rows: 0 });
      while (ran.length < 2) await new Promise((resolve) => setImmediate(resolve));
      const before = ran.length;
      await short.append([1, 2, 3]);
      const waited = ran.findIndex(({ session }) => session === 1) - before;
      assert.ok(waited <= 3, `${waited} runs came before it`);
      await whole;
      assert.equal(ran.length, parts + 1);
    });
  }
});

test("rounds of two answers of a pair alternate, and each is one turn for its draft and its block", async () => {
  const { ran, worker, draft } = slowWorker();
  const answer = async () => {
    const [session, drafter] = [await worker.open([]), await draft.open([])];
    let context = [1, 2, 3];
    await session.append(context.slice(0, -1), { rows: 0 });
    for (let round = 0; round < 20; round++) {
      const scoring = { session, temperature: 1 };
      const { tokens } = await drafter.draft({ ...drafting(coins(4)), context, scoring });
      const block = [context.at(-1) as number, ...tokens];
      assert.equal((await session.append(block)).logits.length, 5);
      context = [...context, ...tokens];
      session.rewind(context.length - 1);
    }
  };
  await Promise.all([answer(), answer()]);
  const order = ran.slice(2).map(({ session }) => session);
  assert.deepEqual([ran.length, order.length], [42, 40]);
  for (let at = 2; at < order.length; at++) assert.equal(order[at], order[at - 2], order.join());
});

test("a draft in parts is what it is in one: its tokens, its rows, and its end", async () => {
  const { worker } = slowWorker();
  const session = await worker.open([]);
  const expected = coins(100).map((coin) => Math.floor(10 * coin));
  const { tokens, logits } = await session.draft(drafting(coins(100)));
  assert.deepEqual([tokens, [...logits]], [expected, expected]);
  assert.equal(session.length, 3 + 100 - 1);
  // An end token ends it, also as the last one of a part.
  for (const end of [0, 15, 16, 31, 40]) {
    const ending = coins(100).map((coin, at) => (at === end ? eos / 10 : coin));
    const ended = await session.draft(drafting(ending));
    assert.deepEqual(ended.tokens, [...expected.slice(0, end), eos]);
  }
  assert.deepEqual((await session.draft(drafting([]))).tokens, []);
});

test("a block in parts has the rows that were asked for, in order", async () => {
  for (const [count, rows] of [
    [300, 300],
    [300, 299],
    [300, 129],
    [300, 128],
    [300, 1],
    [1000, 130],
    [5, 9],
  ] as const) {
    const { ran, worker } = slowWorker();
    const tokens = Array.from({ length: count }, (_, at) => at % 50);
    const scores = await (await worker.open([])).append(tokens, { rows });
    assert.deepEqual([...scores.logits], tokens.slice(-rows));
    assert.equal(scores.rows, Math.min(rows, count));
    assert.ok(ran.every((run) => run.tokens <= 256 + 128 && run.rows <= 128));
  }
});

test("a prompt is run in long parts while no other session is open, and in short ones from then on", async () => {
  const { ran, worker, draft } = slowWorker();
  const sizes = () => ran.splice(0).map(({ tokens }) => tokens);
  const prompt = Array.from({ length: 2000 }, (_, at) => at % 50);
  const long = await worker.open([]);
  // The draft model's session belongs to the same answer.
  const drafter = await draft.open([]);
  await long.append(prompt, { rows: 1 });
  assert.deepEqual(sizes(), [...Array(7).fill(256), 208]);
  await drafter.draft({ ...drafting([]), context: prompt });
  assert.deepEqual(sizes(), [...Array(7).fill(256), 128, 0]);

  long.rewind(0);
  const appended = long.append(prompt, { rows: 1 });
  while (ran.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const short = await worker.open([]);
  await appended;
  assert.deepEqual(sizes(), [256, 256, ...Array(11).fill(128), 80]);
  await short.close();
  long.rewind(0);
  await long.append(prompt.slice(0, 500), { rows: 1 });
  assert.deepEqual(sizes(), [256, 244]);
});

test("a session that draws several tokens in a turn has no more of the worker than one that has a turn for each", async () => {
  const { ran, worker } = slowWorker();
  const drawing = await worker.open([]);
  const others = await Promise.all([1, 2, 3].map(() => worker.open([])));
  const uniform = Array(8).fill(0.5);
  let over = false;
  const draws = async () => {
    for (let turn = 0; turn < 40; turn++) await drawing.draw?.([1], { limit: 8, sampling: sampling(), uniform });
    over = true;
  };
  const steps = async (session: (typeof others)[number]) => {
    while (!over) await session.append([1]);
  };
  await Promise.all([draws(), ...others.map(steps)]);
  const runs = (of: number) => ran.filter(({ session }) => session === of).reduce((sum, { tokens }) => sum + tokens, 0);
  assert.ok(runs(1) > 0.7 * runs(0), `${runs(0)} tokens against ${runs(1)}`);
});
