import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError } from "@lenity/core";
import { createServer } from "../src/index.ts";
import {
  chunks,
  delayed,
  joined,
  post,
  queueOf,
  type Reply,
  randomPair,
  reply,
  sayingModel,
  served,
  textOf,
  until,
} from "./doubles.ts";

describe("a stream", () => {
  test("has OpenAI's order of chunks", async () => {
    const app = createServer({ models: [served(sayingModel("It is 5."))] });
    const response = await post(app, { stream: true, speculative: { draft_tokens: 2 } });
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    const { all, done } = await chunks(response);
    assert.ok(done);
    assert.equal(new Set(all.map(({ id, created, object }) => `${id} ${created} ${object}`)).size, 1);
    assert.equal(all[0]?.object, "chat.completion.chunk");
    assert.deepEqual(all[0]?.choices[0]?.delta, { role: "assistant", content: "" });
    const [last] = all.slice(-1);
    assert.equal(last?.choices[0]?.finish_reason, "stop");
    assert.deepEqual(last?.choices[0]?.delta, {});
    assert.equal(last?.metrics?.acceptance.law, "exact");
    assert.equal(last?.usage, undefined);
    for (const { choices, metrics } of all.slice(1, -1)) {
      assert.equal(choices.length, 1);
      assert.equal(choices[0]?.finish_reason, null);
      assert.equal(choices[0]?.delta?.role, undefined);
      assert.notEqual(choices[0]?.delta?.content, "");
      assert.equal(metrics, undefined);
    }
  });

  test("ends with the usage when asked to, and the metrics go with it", async () => {
    const app = createServer({ models: [served(sayingModel("It is 5."))] });
    const { all } = await chunks(await post(app, { stream: true, stream_options: { include_usage: true } }));
    const [finish, last] = all.slice(-2);
    assert.equal(finish?.choices[0]?.finish_reason, "stop");
    assert.equal(finish?.metrics, undefined);
    assert.deepEqual(last?.choices, []);
    assert.equal(last?.usage?.completion_tokens, 9);
    assert.equal(last?.metrics?.speculative_decoding.num_spec_tokens, 16);
  });

  test("joined is the whole answer of the same seed", async () => {
    const { target, draft } = randomPair();
    const app = createServer({ models: [served(target, draft)] });
    for (let seed = 0; seed < 10; seed++) {
      const body = { seed, max_tokens: 30 + seed, stop: ["e", "zz"] };
      const { all } = await chunks(await post(app, { ...body, stream: true }));
      assert.equal(joined(all), textOf(await reply(app, body)));
    }
  });

  test("leaves out no U+FEFF, which decoders of text take for a byte order mark", async () => {
    const text = "\uFEFFa\uFEFF\uFEFFb\uFEFF";
    const app = createServer({ models: [served(sayingModel(text))] });
    assert.equal(textOf(await reply(app, {})), text);
    assert.equal(joined((await chunks(await post(app, { stream: true }))).all), text);
  });

  test("sends no half characters, and nothing for a round without text", async () => {
    const app = createServer({ models: [served(sayingModel("é€🎉"))] });
    const { all } = await chunks(await post(app, { stream: true, speculative: { draft_tokens: 0 } }));
    assert.deepEqual(
      all.map(({ choices }) => choices[0]?.delta?.content),
      ["", "é", "€", "🎉", undefined],
    );
  });

  test("holds back what may become a stop string", async () => {
    const app = createServer({ models: [served(sayingModel("abcabd"))] });
    const { all } = await chunks(await post(app, { stream: true, stop: "abd", speculative: { draft_tokens: 0 } }));
    assert.equal(joined(all), "abc");
    assert.equal(all.at(-1)?.choices[0]?.finish_reason, "stop");
  });
});

describe("a failure", () => {
  const dying = (at: number, code: "worker_lost" | "bad_logits" = "worker_lost") =>
    delayed(sayingModel("a long enough answer"), async (held) => {
      if (held >= at) throw new LenityError(code, "The model's thread died.");
    });

  test("before the first token is a status, in a stream too", async () => {
    const failures: unknown[] = [];
    const app = createServer({
      models: [served(dying(0), sayingModel(""))],
      onFailure: (error) => failures.push(error),
    });
    for (const stream of [true, false]) {
      const response = await post(app, { stream });
      assert.equal(response.status, 503);
      assert.equal(response.headers.get("retry-after"), "1");
      const { error } = (await response.json()) as Reply;
      assert.deepEqual(
        { ...error, message: "" },
        { message: "", type: "server_error", param: null, code: "worker_lost" },
      );
      assert.match(
        error?.message ?? "",
        /^The model's engine failed before the answer was complete\. Send the request again\./,
      );
    }
    const refused = await post(app, { stream: true, speculative: { policy: "judi", drafter: "lookup" } });
    assert.equal(refused.status, 400);
    assert.equal(failures.length, 2);
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  });

  test("amid a stream is its last chunk, and the next request is served", async () => {
    let alive = false;
    const target = sayingModel("a long enough answer");
    const mortal = delayed(target, async (held) => {
      if (!alive && held > 30) throw new LenityError("worker_lost", "The model's thread died.");
    });
    const app = createServer({ models: [served(mortal)], onFailure: () => {} });
    const { all, done } = await chunks(await post(app, { stream: true, speculative: { draft_tokens: 0 } }));
    assert.ok(!done);
    assert.ok(joined(all).length > 0);
    assert.equal(all.at(-1)?.error?.code, "worker_lost");
    assert.equal(target.openSessions, 0);
    alive = true;
    assert.equal(textOf(await reply(app, {})), "a long enough answer");
  });

  test("that lenity does not know keeps its message to the log", async () => {
    const failures: string[] = [];
    const broken = delayed(sayingModel(""), async () => {
      throw new Error("secret");
    });
    const app = createServer({ models: [served(broken)], onFailure: (error, id) => failures.push(`${error} ${id}`) });
    const response = await post(app, {});
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /secret/);
    assert.deepEqual(failures, [`Error: secret ${response.headers.get("x-request-id")}`]);
  });
});

describe("a client that goes away", () => {
  const endless = () => {
    const model = sayingModel("x".repeat(3000));
    const slow = delayed(model, async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
    });
    return { model, app: createServer({ models: [served(slow, sayingModel(""))] }) };
  };
  const body = { max_tokens: 3000, speculative: { draft_tokens: 0 } };

  test("ends its stream's answer and frees the place", async () => {
    const { app, model } = endless();
    const response = await post(app, { ...body, stream: true });
    const reader = response.body?.getReader();
    await reader?.read();
    assert.deepEqual(await queueOf(app), { active: 1, waiting: 0 });
    await reader?.cancel();
    await until(async () => (await queueOf(app)).active === 0);
    assert.equal(model.openSessions, 0);
  });

  test("ends a whole answer too, by its request's signal", async () => {
    const { app, model } = endless();
    const gone = new AbortController();
    const answer = post(app, body, { signal: gone.signal });
    await until(() => model.openSessions > 0);
    gone.abort();
    assert.equal((await answer).status, 499);
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
    assert.equal(model.openSessions, 0);
  });

  test("is taken out of the line", async () => {
    const { app } = endless();
    const [first, second] = [new AbortController(), new AbortController()];
    const running = post(app, body, { signal: first.signal });
    const waiting = post(app, body, { signal: second.signal });
    await until(async () => (await queueOf(app)).waiting === 1);
    second.abort();
    assert.equal((await waiting).status, 499);
    assert.deepEqual(await queueOf(app), { active: 1, waiting: 0 });
    first.abort();
    await running;
  });

  test("that reads nothing does not hold its place", async () => {
    const app = createServer({ models: [served(sayingModel("x".repeat(500)))] });
    const unread = await post(app, { stream: true, max_tokens: 500, speculative: { draft_tokens: 0 } });
    await until(async () => (await queueOf(app)).active === 0);
    assert.equal(joined((await chunks(unread)).all).length, 500);
  });

  test("is noticed even while the model computes on the server's own thread", async () => {
    const busy = delayed(sayingModel("x".repeat(3000)), async () => {
      for (const start = performance.now(); performance.now() - start < 3; );
    });
    const app = createServer({ models: [served(busy)] });
    const response = await post(app, { ...body, stream: true });
    const start = performance.now();
    setTimeout(() => void response.body?.cancel(), 20);
    await until(async () => (await queueOf(app)).active === 0);
    assert.ok(performance.now() - start < 1500);
  });
});

test("a server that ends fails open requests, waiting ones and new ones with 503, and blames nobody", async () => {
  const model = sayingModel("x".repeat(3000));
  const slow = delayed(model, async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
  });
  const ending = new AbortController();
  const failures: unknown[] = [];
  const app = createServer({
    models: [served(slow)],
    concurrency: 2,
    ending: ending.signal,
    onFailure: (error) => failures.push(error),
  });
  const body = { max_tokens: 3000, speculative: { draft_tokens: 0 } };
  const streamed = await post(app, { ...body, stream: true });
  const whole = post(app, body);
  await until(async () => (await queueOf(app)).active === 2);
  const waiting = post(app, body);
  await until(async () => (await queueOf(app)).waiting === 1);
  ending.abort();
  for (const response of [await whole, await waiting, await post(app, body)]) {
    const { error } = (await response.json()) as Reply;
    assert.deepEqual([response.status, response.headers.get("retry-after"), error?.code], [503, "5", "server_ending"]);
  }
  const { all, done } = await chunks(streamed);
  assert.deepEqual([done, all.at(-1)?.error?.code], [false, "server_ending"]);
  assert.ok(joined(all.slice(0, -1)).length > 0);
  assert.deepEqual([failures, await queueOf(app), model.openSessions], [[], { active: 0, waiting: 0 }, 0]);
});

describe("a stream that waits for its turn", () => {
  const ask = (app: ReturnType<typeof createServer>, signal?: AbortSignal) =>
    post(app, { stream: true }, signal === undefined ? {} : { signal });

  test("has its headers, its first chunk and comments before its first token", async () => {
    const { promise: gate, resolve: go } = Promise.withResolvers<void>();
    const app = createServer({ models: [served(delayed(sayingModel("5"), () => gate))], heartbeat: 5 });
    const first = ask(app);
    const second = await ask(app);
    assert.deepEqual([second.status, await queueOf(app)], [200, { active: 1, waiting: 1 }]);
    const reader = (second.body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    while (!text.includes(": waiting\n\n")) text += (await reader.read()).value ?? "";
    assert.match(text, /^data: .*"role":"assistant".*\n\n: waiting\n\n$/);
    go();
    for (let done = false; !done; ) {
      const piece = await reader.read();
      done = piece.done;
      text += piece.value ?? "";
    }
    assert.match(text, /"content":"5"[\s\S]*data: \[DONE\]\n\n$/);
    await (await first).text();
  });

  test("gets an error that comes late as its last chunk", async () => {
    const { promise: gate, reject: fail } = Promise.withResolvers<void>();
    const app = createServer({
      models: [served(delayed(sayingModel("5"), () => gate))],
      onFailure: () => {},
    });
    const response = await ask(app);
    assert.equal(response.status, 200);
    fail(new LenityError("worker_lost", "The thread died."));
    const { all, done } = await chunks(response);
    assert.deepEqual([all.at(-1)?.error?.code, done], ["worker_lost", false]);
  });
});
