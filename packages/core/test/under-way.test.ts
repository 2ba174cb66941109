/** The next round is under way while the reader has this one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AppendOptions,
  type DecodeEvent,
  decode,
  type LanguageModel,
  type Scores,
  type Token,
} from "@lenity/core";
import { randomModel } from "@lenity/core/testing";

type Append = (tokens: readonly Token[], options?: AppendOptions) => Promise<Scores>;

/** A model whose sessions append by `append`, which gets the number of the call and how it would go. */
function watched(append: (call: number, go: () => Promise<Scores>, options?: AppendOptions) => Promise<Scores>) {
  const model = randomModel({ vocabulary: 12, seed: 1 });
  const log: string[] = [];
  let calls = 0;
  const target: LanguageModel = {
    ...model,
    async open(options) {
      const session = await model.open(options);
      const own: Append = (tokens, how) => {
        log.push(`append ${++calls}`);
        return append(calls, () => session.append(tokens, how), how);
      };
      const close = async () => {
        log.push("close");
        await session.close();
      };
      return { ...session, append: own, rewind: (length) => session.rewind(length), close };
    },
  };
  return { target, log };
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 0));

test("the next round begins before the reader asks for it, and none after the last", async () => {
  const { target, log } = watched((_, go) => go());
  const events = decode([1], { target, maxTokens: 3 });
  for (const begun of [2, 3, 3]) {
    await events.next();
    await moment();
    assert.equal(log.length, begun, log.join());
  }
  assert.equal((await events.next()).value?.type, "finish");
  assert.equal((await events.next()).done, true);
  assert.deepEqual(log, ["append 1", "append 2", "append 3", "close"]);
});

test("a reader who leaves ends the round that is under way, and then the session is closed", async () => {
  const { target, log } = watched((call, go, options) =>
    call === 1
      ? go()
      : new Promise((_, reject) => {
          options?.signal?.addEventListener("abort", () => {
            setTimeout(() => {
              log.push("ended");
              reject(new Error("ended"));
            }, 0);
          });
        }),
  );
  const events = decode([1], { target, maxTokens: 3 });
  await events.next();
  await events.return();
  assert.deepEqual(log, ["append 1", "append 2", "ended", "close"]);
});

test("a round that fails under way throws where it is awaited, and nowhere if the reader leaves", async () => {
  for (const leaves of [false, true]) {
    const { target, log } = watched(async (call, go) => {
      if (call === 2) throw new Error("out of luck");
      return go();
    });
    const events = decode([1], { target, maxTokens: 3 });
    assert.equal(((await events.next()).value as DecodeEvent).type, "round");
    await moment();
    if (leaves) await events.return();
    else await assert.rejects(events.next(), /^Error: out of luck$/);
    assert.deepEqual(log, ["append 1", "append 2", "close"]);
  }
});

test("a request cancelled while the reader has a round gives no other, even if the next one is there", async () => {
  const { target } = watched((_, go) => go());
  const controller = new AbortController();
  const events = decode([1], { target, maxTokens: 3, signal: controller.signal });
  await events.next();
  await moment();
  controller.abort("enough");
  await assert.rejects(events.next(), { code: "aborted", cause: "enough" });
});
