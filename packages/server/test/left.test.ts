/**
 * Answers that nobody reads to their end: whatever the moment, they give back their turn, their sessions and their
 * drafter.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Drafter, modelDrafter } from "@lenity/core";
import { begun, outliving } from "../src/answer/answer-events.ts";
import { chunksOf } from "../src/answer/completion.ts";
import { chatJobs } from "../src/answer/job.ts";
import { createQueue } from "../src/answer/queue.ts";
import { ready } from "../src/answer/ready-model.ts";
import { run } from "../src/answer/run.ts";
import { eventStream } from "../src/http/sse.ts";
import { createServer, type ServedModel } from "../src/index.ts";
import { chunks, post, queueOf, reply, sayingModel, served, textOf, until } from "./doubles.ts";

/** A served model, and what of it is open. */
function watched(contextLength = 4096): { readonly model: ServedModel; open(): object } {
  const target = sayingModel("It is 5.", { contextLength });
  const draft = sayingModel("It is 6.", { contextLength });
  let drafters = 0;
  const drafter = (): Drafter => {
    drafters++;
    const inner = modelDrafter(draft);
    return {
      ...inner,
      close: () => {
        drafters--;
        return inner.close();
      },
    };
  };
  const model = served(target, draft, { drafters: { model: drafter } });
  return { model, open: () => ({ target: target.openSessions, draft: draft.openSessions, drafters }) };
}

const nothing = { target: 0, draft: 0, drafters: 0 };
const context = {} as Parameters<typeof outliving>[1];

describe("an answer that is left", () => {
  let answers = 0;
  const counted = (events: ReturnType<typeof run>) => {
    answers++;
    return outliving(events, context, () => answers--);
  };
  /** Each takes the events of one answer as the server does, up to some stage. */
  const stages = {
    run: async (events: ReturnType<typeof run>) => events,
    outliving: async (events: ReturnType<typeof run>) => counted(events),
    begun: async (events: ReturnType<typeof run>) => begun(events, 1000),
    all: async (events: ReturnType<typeof run>) => begun(counted(events), 1000),
  };
  for (const [stage, take] of Object.entries(stages)) {
    for (const chunked of [false, true]) {
      test(`at any of its events gives everything back (${stage}${chunked ? ", as chunks" : ""})`, async () => {
        const { model, open } = watched();
        const models = new Map([[model.id, ready(model)]]);
        const queue = createQueue(1, 0);
        let events = 0;
        for (let left = 0, ended = false; !ended; left++, events++) {
          const jobs = await chatJobs(
            { messages: [{ role: "user", content: "5?" }], speculative: { draft_tokens: 2 }, ignored: [] },
            models,
          );
          const taken = await take(run(jobs, queue, new AbortController().signal));
          const answer: AsyncGenerator<unknown, void, undefined> = chunked
            ? chunksOf(taken, jobs, { id: "1", created: 1, model: model.id }, true)
            : taken;
          for (let at = 0; at < left && !ended; at++) ended = (await answer.next()).done === true;
          await answer.return();
          assert.deepEqual([queue.active, answers, open()], [0, 0, nothing], `left after ${left} events`);
        }
        assert.ok(events > 3, `${events} events`);
      });
    }
  }

  test("by a reader of its stream, after any of its chunks, frees its place", async () => {
    const { model, open } = watched();
    const app = createServer({ models: [model], maxQueue: 0 });
    for (let left = 0, ended = false; !ended; left++) {
      const response = await post(app, { stream: true, speculative: { draft_tokens: 2 } });
      const reader = (response.body as ReadableStream).getReader();
      for (let at = 0; at < left && !ended; at++) ended = (await reader.read()).done === true;
      await reader.cancel();
      await until(async () => (await queueOf(app)).active === 0);
      assert.deepEqual(open(), nothing);
    }
  });
});

test("a prompt that exactly fills the context is answered with nothing, streamed or not, and the next request is served", async () => {
  const contextLength = 30;
  const content = "a".repeat(contextLength - 4);
  const { model, open } = watched(contextLength);
  const app = createServer({ models: [model], maxQueue: 0 });
  const messages = [{ role: "user", content }];
  for (let time = 0; time < 3; time++) {
    const { all, done } = await chunks(await post(app, { messages, stream: true }));
    assert.deepEqual([done, all.at(-1)?.choices[0]?.finish_reason], [true, "length"]);
    assert.deepEqual([await queueOf(app), open()], [{ active: 0, waiting: 0 }, nothing]);
    const whole = await reply(app, { messages });
    assert.deepEqual(
      [textOf(whole), whole.choices[0]?.finish_reason, whole.usage],
      ["", "length", { ...whole.usage, prompt_tokens: contextLength, completion_tokens: 0 }],
    );
    assert.deepEqual([await queueOf(app), open()], [{ active: 0, waiting: 0 }, nothing]);
  }
});

describe("an event stream", () => {
  test("leaves its values when its reader has gone, though they pay no heed", async () => {
    let closed = false;
    const endless = async function* () {
      try {
        for (let value = 0; ; value++) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield value;
        }
      } finally {
        closed = true;
      }
    };
    const stream = eventStream(endless(), { onCancel: () => {}, onError: () => ({}) });
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    await until(() => closed);
  });

  test("leaves values that are no JSON, and tells its reader", async () => {
    let closed = false;
    const values = async function* () {
      try {
        yield 1n;
      } finally {
        closed = true;
      }
    };
    const text = await new Response(eventStream(values(), { onCancel: () => {}, onError: () => "told" })).text();
    assert.deepEqual([text, closed], ['data: "told"\n\n', true]);
  });

  test("fails where even the error cannot be told", async () => {
    const values = async function* () {
      yield await Promise.reject(new Error("first"));
    };
    const onError = () => {
      throw new Error("second");
    };
    await assert.rejects(new Response(eventStream(values(), { onCancel: () => {}, onError })).text(), /second/);
  });
});
