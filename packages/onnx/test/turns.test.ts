import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError } from "@lenity/core";
import { type TakeTurn, turns } from "../src/engine/turns.ts";

/** A worker that runs one turn at a time and writes down whose it was, and sessions that want turns without end. */
function busyWorker() {
  const line = turns();
  const ran: string[] = [];
  let queue = Promise.resolve();
  let over = false;
  const work = (name: string) => () => {
    queue = queue.then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      ran.push(name);
    });
    return queue;
  };
  const sessions: Promise<void>[] = [];
  return {
    ran,
    line,
    take: (turn: TakeTurn, name: string, tokens = 16, signal?: AbortSignal) => turn(tokens, signal, work(name)),
    start(name: string, tokens: number, count = Number.POSITIVE_INFINITY) {
      const turn = line.join();
      const all = async () => {
        for (let taken = 0; taken < count && !over; taken++) await turn(tokens, undefined, work(name));
      };
      sessions.push(all());
    },
    /** Waits until that many turns have run. */
    async until(count: number) {
      while (ran.length < count) await queue.then(() => new Promise((resolve) => setImmediate(resolve)));
    },
    async end() {
      over = true;
      await Promise.all(sessions);
      assert.equal(line.waiting, 0);
    },
  };
}

const countOf = (ran: readonly string[], name: string) => ran.filter((one) => one === name).length;

describe("sessions of one worker", () => {
  test("share it by tokens, whatever the lengths of their blocks", async () => {
    const worker = busyWorker();
    for (let at = 0; at < 4; at++) {
      worker.start("long", 112); // 112 and the 16 of a run are 4 times 16 + 16
      worker.start("short", 16);
    }
    await worker.until(80);
    const from = worker.ran.length;
    await worker.until(from + 100);
    const since = worker.ran.slice(from, from + 100);
    await worker.end();
    assert.ok(Math.abs(countOf(since, "long") - 20) <= 4, `${countOf(since, "long")} of 100`);
  });

  test("let a new one have its first turns at once, beside sixteen others", async () => {
    const worker = busyWorker();
    for (let at = 0; at < 16; at++) worker.start(`old ${at}`, 16);
    await worker.until(16 * 10);
    const turn = worker.line.join();
    for (const most of [3, 3, 3, 3]) {
      const from = worker.ran.length;
      await worker.take(turn, "new");
      assert.ok(
        worker.ran.indexOf("new", from) - from <= most,
        `after ${worker.ran.indexOf("new", from) - from} turns`,
      );
    }
    await worker.end();
  });

  test("keep half of it beside ever new ones", async () => {
    const worker = busyWorker();
    for (let at = 0; at < 4; at++) worker.start("old", 16);
    await worker.until(40);
    const from = worker.ran.length;
    let at = 0;
    while (worker.ran.length < from + 100) {
      for (; at < worker.ran.length; at++) worker.start("new", 16, 2);
      await worker.until(worker.ran.length + 1);
    }
    const since = worker.ran.slice(from, from + 100);
    await worker.end();
    assert.ok(countOf(since, "old") >= 45, `${countOf(since, "old")} of 100`);
  });

  test("gain nothing by having been idle", async () => {
    const worker = busyWorker();
    const idle = worker.line.join();
    for (let at = 0; at < 8; at++) await worker.take(idle, "idle");
    for (let at = 0; at < 4; at++) worker.start("busy", 16);
    await worker.until(400);
    const from = worker.ran.length;
    for (let at = 0; at < 20; at++) await worker.take(idle, "idle");
    const since = worker.ran.slice(from);
    await worker.end();
    assert.ok(countOf(since, "busy") >= 70, `${countOf(since, "busy")} beside 20`);
  });

  test("leave the line when they are cancelled, and the next one comes", async () => {
    const worker = busyWorker();
    const [first, second, third, fourth] = Array.from({ length: 4 }, () => worker.line.join()) as [
      TakeTurn,
      TakeTurn,
      TakeTurn,
      TakeTurn,
    ];
    const controller = new AbortController();
    const running = [worker.take(first, "first"), worker.take(second, "second")];
    const cancelled = worker.take(third, "third", 16, controller.signal);
    running.push(worker.take(fourth, "fourth"));
    controller.abort();
    await assert.rejects(cancelled, (error) => error instanceof LenityError && error.code === "aborted");
    await Promise.all(running);
    await assert.rejects(worker.take(third, "third", 16, controller.signal), /cancelled/);
    assert.deepEqual([worker.ran, worker.line.waiting], [["first", "second", "fourth"], 0]);
  });

  test("pass their turns on when they fail", async () => {
    const worker = busyWorker();
    const turn = worker.line.join();
    for (let at = 0; at < 5; at++) {
      await assert.rejects(
        turn(1, undefined, async () => Promise.reject(new Error("broken"))),
        /broken/,
      );
    }
    await worker.take(turn, "next");
    assert.deepEqual(worker.ran, ["next"]);
  });
});
