import assert from "node:assert/strict";
import { test } from "node:test";
import type { Request } from "../src/protocol/protocol.ts";
import { inOrder, sessionsOf } from "../src/worker/in-order.ts";

test("work waits for earlier work that shares a key, and work without keys for all", async () => {
  const order = inOrder();
  const log: string[] = [];
  const all: Promise<void>[] = [];
  const put = (name: string, keys: readonly string[] | undefined, turns: number) => {
    const done = new Promise<void>((resolve) => {
      order(keys, async () => {
        log.push(`${name} begins`);
        for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next));
        log.push(`${name} ends`);
        resolve();
      });
    });
    all.push(done);
  };
  put("a", ["1"], 6);
  put("b", ["2"], 2);
  put("c", ["2", "1"], 1);
  put("load", undefined, 1);
  put("d", ["3"], 1);
  await Promise.all(all);
  const expected = "a begins, b begins, b ends, a ends, c begins, c ends, load begins, load ends, d begins, d ends";
  assert.equal(log.join(", "), expected);
});

test("a request uses its session, that of which it copies, that of the block it orders, and that it drafts with", () => {
  const block = { model: 0, request: { session: 7 } };
  const keys = (model: number, request: object) => sessionsOf(model, request as Request);
  assert.deepEqual(keys(1, { type: "append", session: 3 }), ["1 3"]);
  assert.deepEqual(keys(1, { type: "copy", session: 3, source: 2 }), ["1 3", "1 2"]);
  assert.deepEqual(keys(1, { type: "draft", session: 3, block }), ["1 3", "0 7"]);
  assert.deepEqual(keys(0, { type: "rounds", session: 7, uses: { place: 1, id: 3 } }), ["0 7", "1 3"]);
  assert.equal(keys(1, { type: "load" }), undefined);
});
