/** The same over real sockets: greedy texts, some thousand sampled tokens, and what connections can do. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DecodeOptions, decode, LenityError, modelDrafter, softmax, type Token } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { type RemoteModel, type RemoteOptions, remoteModel } from "@lenity/remote";
import { type FakeName, fakes } from "./connect.ts";
import { type Handler, type Listening, listening } from "./listening.ts";

const own = { vocabulary: 12, seed: 5, scale: 1.5 };
const model = randomModel(own);

async function text(target: DecodeOptions["target"], more: Partial<DecodeOptions> = {}): Promise<Token[]> {
  const drafter = modelDrafter(noisyModel({ ...own, noise: 1 }));
  const tokens: Token[] = [];
  for await (const event of decode([0], { target, drafter, draftTokens: 4, maxTokens: 60, ...more }))
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

async function over(
  engine: FakeName,
  use: (target: RemoteModel, server: Listening) => Promise<void>,
  wrap: (handler: Handler) => Handler = (handler) => handler,
  more: Partial<RemoteOptions> = {},
): Promise<void> {
  const fake = fakes[engine]({ model });
  const server = await listening(wrap((request) => fake.fetch(request)));
  try {
    const settings = { model: engine === "oip" ? "table-model" : undefined, contextLength: 512 };
    const target = await remoteModel({ engine, url: `${server.url}/`, tokens: model, ...settings, ...more });
    await use(target, server);
  } finally {
    await server.close();
  }
}

for (const engine of ["sglang", "vllm", "oip"] as const)
  test(`${engine} over HTTP says what the model says, and keeps its connections`, () =>
    over(engine, async (target, server) => {
      assert.deepEqual(await text(target), await text(model));
      assert.ok(target.wire.calls > 10 && target.wire.roundTrip > 0);
      // A pool may open one more before it knows that the first is free.
      assert.ok(server.connections() <= 3, `${server.connections()} connections`);
    }));

test("answers at the same time do not disturb each other", () =>
  over("sglang", async (target) => {
    const prompts = Array.from({ length: 12 }, (_, at) => at);
    const answer = async (model: DecodeOptions["target"], start: number) => {
      const drafter = modelDrafter(noisyModel({ ...own, noise: 1 }));
      const tokens: Token[] = [];
      for await (const event of decode([start, 1], { target: model, drafter, draftTokens: 4, maxTokens: 40 }))
        if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
      return tokens;
    };
    const far = await Promise.all(prompts.map((start) => answer(target, start)));
    for (const [at, start] of prompts.entries()) assert.deepEqual(far[at], await answer(model, start));
    assert.equal(target.wire.stale, 0);
  }));

test("tokens that sd draws over HTTP follow the target's row: chi-square of 3000", () =>
  over("sglang", async (target) => {
    const counts = new Map<Token, number>();
    for (let seed = 0; seed < 3000; seed++) {
      const [first] = await text(target, { maxTokens: 2, draftTokens: 1, sampling: { temperature: 1 }, seed });
      counts.set(first as Token, (counts.get(first as Token) ?? 0) + 1);
    }
    const row = softmax(model.logits([0]));
    const square = row.reduce((sum, p, token) => sum + ((counts.get(token) ?? 0) - 3000 * p) ** 2 / (3000 * p), 0);
    // 11 degrees of freedom: the 99.99 % quantile is 37.4.
    assert.ok(square < 37.4, `chi-square ${square}`);
  }));

describe("a connection", () => {
  const failing = (from: number, then: Handler) => {
    let calls = 0;
    return (handler: Handler): Handler =>
      (request) =>
        ++calls < from ? handler(request) : then(request);
  };

  test("that is cut in the middle of an answer is opened again", async () => {
    let calls = 0;
    const cutting =
      (handler: Handler): Handler =>
      async (request) =>
        ++calls % 4 === 0 ? "cut" : handler(request);
    await over(
      "sglang",
      async (target) => {
        assert.deepEqual(await text(target, { maxTokens: 20 }), await text(model, { maxTokens: 20 }));
        assert.ok(target.wire.retries > 0);
      },
      cutting,
    );
  });

  test("that is always cut is one error", () =>
    over(
      "sglang",
      async (target) => {
        await assert.rejects(text(target), (error: LenityError) => {
          assert.deepEqual([error.code, error.kind], ["engine_failed", "engine_unreachable"]);
          return true;
        });
      },
      failing(6, async () => "cut"),
      { retries: 1 },
    ));

  test("without an answer ends at the deadline, and is closed", () =>
    over(
      "vllm",
      async (target, server) => {
        await assert.rejects(text(target), (error: LenityError) => error.kind === "engine_late");
        while ((await server.open()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      failing(6, () => new Promise<never>(() => {})),
      { timeout: 300 },
    ));

  test("of a cancelled request is closed at once", () =>
    over(
      "sglang",
      async (target, server) => {
        const controller = new AbortController();
        const answer = text(target, { signal: controller.signal });
        while (target.wire.calls < 5) await new Promise((resolve) => setTimeout(resolve, 1));
        controller.abort();
        await assert.rejects(answer, (error: LenityError) => error.code === "aborted");
        while ((await server.open()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      // One call more than were answered: the server refuses hidden states at connection.
      failing(7, () => new Promise<never>(() => {})),
    ));
});

test("logits in 16 bits and in JSON are read too", async () => {
  for (const form of [{ datatype: "FP16" as const }, { json: true }]) {
    if ("datatype" in form && typeof Float16Array === "undefined") continue;
    const fake = fakes.oip({ model, ...form });
    const target = await remoteModel({
      ...{ engine: "oip", url: "http://engine.test", model: "table-model", contextLength: 64 },
      fetch: (request) => fake.fetch(request),
    });
    const session = await target.open();
    const { logits } = await session.append([0, 3, 2], { rows: 2 });
    const expected = [softmax(model.logits([0, 3])), softmax(model.logits([0, 3, 2]))];
    for (let at = 0; at < 2; at++) {
      const row = softmax(logits.slice(at * own.vocabulary, (at + 1) * own.vocabulary));
      for (const [token, p] of row.entries()) assert.ok(Math.abs(p - (expected[at]?.[token] ?? 0)) < 2e-3);
    }
  }
});

test("an options error names the option before anything is asked", async () => {
  const cases: readonly (readonly [Partial<RemoteOptions>, string])[] = [
    [{ engine: "tgi" as never }, "engine"],
    [{ url: "gpu:8000" }, "url"],
    [{ engine: "oip" }, "model"],
  ];
  for (const [options, path] of cases) {
    const asked = async () => assert.fail("It asked.");
    const error = await remoteModel({ engine: "vllm", url: "http://engine.test", fetch: asked, ...options }).catch(
      (e) => e,
    );
    assert.ok(error instanceof LenityError, `${error}`);
    assert.deepEqual([error.code, error.path], ["invalid_request", path]);
  }
});
