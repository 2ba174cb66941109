import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { generate, lookupDrafter } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import { tableModel } from "@lenity/core/testing";

describe("what wraps a generator", () => {
  async function* three(): AsyncGenerator<number, void, undefined> {
    yield* [1, 2, 3];
  }

  test("closes what it wraps once, wherever it is left", async () => {
    for (let taken = 0; taken <= 4; taken++) {
      let closed = 0;
      const events = closing(three(), () => closed++);
      for (let at = 0; at < taken; at++) await events.next();
      assert.equal(closed, taken === 4 ? 1 : 0);
      assert.deepEqual(await events.return(), { done: true, value: undefined });
      assert.deepEqual([closed, await events.next()], [1, { done: true, value: undefined }]);
    }
  });

  test("closes it at an error, of the events or of their reader", async () => {
    let closed = 0;
    const fails = async function* (): AsyncGenerator<number, void, undefined> {
      yield 1;
      throw new Error("broken");
    };
    await assert.rejects(Array.fromAsync(closing(fails(), () => closed++)), /broken/);
    assert.equal(closed, 1);
    const read = async () => {
      for await (const _ of closing(three(), () => closed++)) throw new Error("unread");
    };
    await assert.rejects(read(), /unread/);
    await assert.rejects(closing(three(), () => closed++).throw(new Error("thrown")), /thrown/);
    assert.equal(closed, 3);
  });

  test("passes on the values, and is a generator itself", async () => {
    let closed = false;
    {
      await using events = closing(three(), () => (closed = true));
      assert.deepEqual(await events.next(), { done: false, value: 1 });
    }
    assert.ok(closed);
    assert.deepEqual(await Array.fromAsync(closing(three(), () => {})), [1, 2, 3]);
  });
});

test("an answer that is left at any of its events leaves no session open, and its drafter closed once", async () => {
  const vocabulary = 100;
  const target = tableModel({
    vocabulary,
    logits: (context) =>
      Array.from({ length: vocabulary }, (_, id) => (id === ((context.at(-1) ?? 0) + 1) % 5 ? 9 : 0)),
  });
  const tokenizer = {
    vocabulary,
    special: new Set<number>(),
    encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
    decode: (tokens: readonly number[]) => String.fromCharCode(...tokens),
  };
  let events = 0;
  for (let left = 0, ended = false; !ended; left++, events++) {
    let closed = 0;
    const drafter = { ...lookupDrafter(), close: () => void closed++ };
    const answer = generate([1, 2, 3], { target, tokenizer, drafter, draftTokens: 3, maxTokens: 12 });
    for (let at = 0; at < left && !ended; at++) ended = (await answer.next()).done === true;
    await answer.return();
    assert.deepEqual([target.openSessions, closed], [0, 1], `left after ${left} events`);
  }
  assert.ok(events > 4);
  let closed = 0;
  const drafter = { ...lookupDrafter(), close: () => void closed++ };
  await assert.rejects(generate([1], { target, tokenizer, drafter, stop: [""] }).next(), { code: "invalid_request" });
  assert.equal(closed, 1);
});
