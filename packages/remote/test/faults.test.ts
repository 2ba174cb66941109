/** Faults of engines: each is repaired, or one clear error; nothing hangs and nothing is lost. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DecodeOptions, decode, LenityError, modelDrafter, type Token } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { remoteModel } from "@lenity/remote";
import { connected } from "./connect.ts";
import type { OipOptions } from "./fakes/fake-oip.ts";

const own = { vocabulary: 30, seed: 5 };
const drafter = () => modelDrafter(noisyModel({ ...own, noise: 1 }));
const model = randomModel(own);

async function text(target: DecodeOptions["target"], more: Partial<DecodeOptions> = {}): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of decode([0], { target, drafter: drafter(), draftTokens: 4, maxTokens: 60, ...more }))
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

/** The error of an answer. */
async function failure(target: DecodeOptions["target"], more: Partial<DecodeOptions> = {}): Promise<LenityError> {
  const error: unknown = await text(target, more).then(
    () => assert.fail("It did not fail."),
    (reason) => reason,
  );
  assert.ok(error instanceof LenityError, `${error}`);
  return error;
}

describe("repaired", () => {
  test("stale rows of a cache are scored again without it, and counted", async () => {
    const target = await connected("sglang", { model, staleEvery: 3 });
    assert.deepEqual(await text(target), await text(model));
    assert.ok(target.wire.stale >= 5, `${target.wire.stale} stale`);
  });

  test("stale rows are noticed at temperature 1 too", async () => {
    const target = await connected("sglang", { model, staleEvery: 3 });
    await text(target, { sampling: { temperature: 1 } });
    assert.ok(target.wire.stale >= 5, `${target.wire.stale} stale`);
  });

  for (const quirk of ["dropEvery", "busyEvery"] as const)
    test(`calls that fail now and then are sent again: ${quirk}`, async () => {
      for (const engine of ["sglang", "vllm", "oip"] as const) {
        const target = await connected(engine, { model, [quirk]: 3 });
        assert.deepEqual(await text(target, { maxTokens: 20 }), await text(model, { maxTokens: 20 }));
        assert.ok(target.wire.retries >= 3);
      }
    });

  test("an engine that lists fewer tokens is asked for fewer", async () => {
    const target = await connected("vllm", { model, mostListed: 5 });
    assert.equal(target.reach?.gives("top 5 within 1"), true);
    assert.equal(target.reach?.gives("top 6 within 1"), false);
    assert.deepEqual(await text(target), await text(model));
  });

  test("an engine that refuses seeds draws with its own", async () => {
    const target = await connected("sglang", { model, refusesSeeds: true });
    assert.deepEqual(await text(target), await text(model));
    const options = { sampling: { temperature: 1 }, maxTokens: 200 };
    assert.notDeepEqual(await text(target, options), await text(target, options));
    const heeding = await connected("sglang", { model });
    assert.deepEqual(await text(heeding, options), await text(heeding, options));
  });

  test("a row is fetched where a few dozen draws are not enough, and if it is refused, drawing goes on", async () => {
    // The draft is so near that a residual has hardly any mass, and almost no draw is kept.
    const near = () => ({
      drafter: modelDrafter(noisyModel({ ...own, noise: 0.02 })),
      ...{ sampling: { temperature: 1 }, maxTokens: 400 },
    });
    const target = await connected("sglang", { model });
    await text(target, near());
    assert.ok(target.wire.rows > 0, "no row was fetched");
    const refusing = await connected("sglang", { model, withoutRows: true });
    let refusals = 0;
    const answer = refusing.fake.fetch;
    refusing.fake.fetch = async (request) => {
      const response = await answer(request);
      if (response.status === 400) refusals++;
      return response;
    };
    assert.equal((await text(refusing, near())).length, 400);
    assert.equal((await text(refusing, near())).length, 400);
    assert.deepEqual([refusals, refusing.wire.rows], [1, 0]);
  });

  test("the radix cache is used: a round computes the block, and not the context", async () => {
    const target = await connected("sglang", { model });
    await text(target, { maxTokens: 200 });
    const perCall = target.fake.counts.computed / target.fake.counts.calls;
    assert.ok(perCall < 8, `${perCall} tokens per call`);
    const paying = await connected("vllm", { model });
    await text(paying, { maxTokens: 200 });
    assert.ok(paying.fake.counts.computed / paying.fake.counts.calls > 50);
  });
});

describe("one clear error", () => {
  const first = async (engine: "sglang" | "vllm" | "oip", options: OipOptions, more = {}) =>
    connected(engine, options, more).then(
      () => assert.fail("It connected."),
      (error) => error as LenityError,
    );

  test("nothing listens there", async () => {
    const error = await remoteModel({ engine: "vllm", url: "http://127.0.0.1:9", retries: 1 }).catch((e) => e);
    assert.deepEqual([error.code, error.kind], ["engine_failed", "engine_unreachable"]);
    assert.match(error.message, /The engine at http:\/\/127\.0\.0\.1:9 cannot be reached, .*tried 2 times/);
  });

  test("the engine is another one", async () => {
    const notFound = async () => new Response("not found", { status: 404 });
    const error = await first("sglang", { model }, { fetch: notFound });
    assert.match(error.message, /refused \/get_model_info with status 404/);
    const other = async () => Response.json({ status: "fine" });
    assert.match((await first("sglang", { model }, { fetch: other })).message, /without model_path/);
    assert.match((await first("vllm", { model }, { fetch: other })).message, /without any model/);
  });

  test("log probabilities are switched off", async () => {
    const error = await first("vllm", { model, withoutLogprobs: true });
    assert.match(error.message, /returns no log probabilities of prompts.*--max-logprobs/s);
    assert.match((await first("sglang", { model, withoutLogprobs: true })).message, /without the 2 log probabilities/);
  });

  test("a model that it does not serve is named", async () => {
    const error = await first("vllm", { model }, { model: "llama" });
    assert.match(error.message, /has no model llama; it serves table-model/);
  });

  test("a decoder with a cache among its inputs is not a bare one", async () => {
    const error = await first("oip", { model, inputs: ["input_ids", "past_key_values.0.key"] });
    assert.match(error.message, /past_key_values\.0\.key cannot be filled/);
    const texts = await first("oip", { model, inputType: "BYTES" });
    assert.match(texts.message, /has the inputs input_ids \(BYTES\).*input_ids cannot be filled/);
  });

  test("the vocabulary is not the tokenizer's", async () => {
    const target = await connected("sglang", { model }, { tokens: { vocabulary: 4 } });
    const error = await text(target, { drafter: undefined }).catch((reason) => reason);
    assert.match(error.message, /answered with token \d+; expected the id of a token, below 4/);
    const unused = new Set(Array.from({ length: 30 }, (_, id) => id).filter((id) => id > 0));
    const gaps = await connected("sglang", { model }, { tokens: { vocabulary: 30, unused } });
    assert.equal((await failure(gaps, { drafter: undefined })).kind, "engine_changed");
  });

  test("the engine dies in mid-answer", async () => {
    let calls = 0;
    const alive = await connected("sglang", { model });
    const target = await connected(
      "sglang",
      { model },
      {
        retries: 1,
        fetch: async (request: Request) => {
          if (++calls > 6) throw new TypeError("connection refused");
          return alive.fake.fetch(request);
        },
      },
    );
    const error = await failure(target);
    assert.deepEqual([error.code, error.kind], ["engine_failed", "engine_unreachable"]);
  });

  test("the engine comes back with another model, under the same name or another", async () => {
    const other = randomModel({ ...own, seed: 99 });
    for (const engine of ["sglang", "vllm"] as const)
      for (const renamed of [false, true]) {
        const target = await connected(engine, { model, other, replacedFrom: 9, renamed });
        const error = await failure(target, { maxTokens: 200 });
        assert.equal(error.code, "engine_failed");
        assert.match(error.message, /another (probability|model)|does not exist/);
      }
  });

  test("the engine answers after the deadline, and its late answer is not waited for", async () => {
    const error = await first("sglang", { model, delay: 5_000 }, { timeout: 30 });
    assert.deepEqual([error.code, error.kind], ["engine_failed", "engine_late"]);
    assert.match(error.message, /did not answer \/get_model_info within 30 ms/);
  });

  test("a cancelled answer ends at once, whatever the engine does", async () => {
    const target = await connected("sglang", { model });
    const controller = new AbortController();
    const hanging: typeof target.fake.fetch = (request) =>
      new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
        controller.abort();
      });
    target.fake.fetch = hanging;
    assert.equal((await failure(target, { signal: controller.signal })).code, "aborted");
  });

  test("a key is sent, and a refused one is named", async () => {
    const seen: (string | null)[] = [];
    const fetch = async (request: Request) => {
      seen.push(request.headers.get("authorization"));
      return new Response("", { status: 401 });
    };
    const error = await first("vllm", { model }, { key: "secret", fetch });
    assert.deepEqual(seen, ["Bearer secret"]);
    assert.match(error.message, /status 401: no reason\. Check the key\./);
    assert.doesNotMatch(error.message, /secret/);
  });
});
