/** Many answers at a time by the built-in pair: they take turns, and each is what it would be alone. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { builtInProblems } from "@lenity/bench/problems";
import { createServer } from "@lenity/server";
import { type LoadedModels, loadModels } from "../src/load-models.ts";

let models: LoadedModels;
before(async () => {
  models = await loadModels({}, "messages");
});
after(() => models.close());

const questions = builtInProblems(16, 3).map(({ question }) => question);

const post = (app: ReturnType<typeof createServer>, content: string, more: object, signal?: AbortSignal) =>
  app.request("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content }], ...more }),
    signal: signal ?? null,
  });

/** Reads a stream, and tells of each piece of text. */
async function read(response: Promise<Response> | Response, seen: () => void): Promise<void> {
  const { body } = await response;
  for await (const text of (body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new TextDecoderStream()))
    if (/"content":"[^"]/.test(text)) seen();
}

describe("sixteen answers at a time", () => {
  for (const policy of ["strict", "judi"]) {
    test(`are those of one at a time (${policy})`, async () => {
      const app = createServer({ models: [models] });
      const ask = async (question: string, seed: number) => {
        const settings = { seed, temperature: 1, max_tokens: 24, speculative: { policy, draft_tokens: 6 } };
        const { choices, usage } = (await (await post(app, question, settings)).json()) as {
          readonly choices: readonly object[];
          readonly usage: { readonly completion_tokens: number };
        };
        return { choices, tokens: usage.completion_tokens };
      };
      const together = await Promise.all(questions.map(ask));
      for (const [seed, question] of questions.entries()) assert.deepEqual(together[seed], await ask(question, seed));
      assert.ok(together.some(({ tokens }) => tokens > 20));
    });
  }

  test("let a new one begin within a few rounds", async () => {
    const app = createServer({ models: [models] });
    const leaving = new AbortController();
    let [pieces, begun] = [0, 0];
    // Hot, so that they are long: each round has few tokens.
    const settings = { stream: true, temperature: 3, max_tokens: 200, speculative: { draft_tokens: 2 } };
    const others = questions.map(async (question, seed) => {
      let first = true;
      const seen = () => {
        pieces++;
        if (first) begun++;
        first = false;
      };
      await read(post(app, question, { ...settings, seed }, leaving.signal), seen).catch(() => {});
    });
    while (begun < questions.length || pieces < 5 * questions.length)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const before = pieces;
    let after = 0;
    await read(post(app, "How much is 2 + 3?", { stream: true, max_tokens: 4 }), () => {
      if (after === 0) after = pieces;
    });
    leaving.abort();
    await Promise.all(others);
    assert.ok(after > before && after - before <= 3 * questions.length, `after ${after - before} pieces of others`);
  });

  test("give their places back within a round when they are left", async () => {
    const app = createServer({ models: [models], concurrency: 16, maxQueue: 0 });
    const leaving = new AbortController();
    const settings = { stream: true, temperature: 3, max_tokens: 300 };
    const left = questions.map((question) => post(app, question, settings, leaving.signal));
    await Promise.all(left);
    assert.equal((await post(app, "How much is 2 + 3?", {})).status, 429);
    leaving.abort();
    const health = async () => (await (await app.request("/health")).json()) as { queue: { active: number } };
    for (let tries = 0; (await health()).queue.active > 0 && tries < 200; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal((await post(app, "How much is 2 + 3?", {})).status, 200);
    assert.deepEqual(models.target.engines[0]?.sessions, 0);
  });
});
