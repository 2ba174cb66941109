/** examples/edge as its users run it: with its wrangler.jsonc, with the table and with a target behind HTTP. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { chatTemplate, modelSaying, tokenizer } from "../../examples/edge/src/table.ts";
import { defaultRegistry, lookupDrafter } from "../../packages/core/src/index.ts";
import { createServer as createLenity } from "../../packages/server/src/index.ts";
import { chunks, joined, type Reply, textOf, until } from "../../packages/server/test/doubles.ts";
import { type RunningWorker, startWorker } from "./start.ts";

const folder = join(import.meta.dirname, "../../examples/edge");
const config = JSON.parse(readFileSync(join(folder, "wrangler.jsonc"), "utf8"));

const running: { stop(): Promise<void> }[] = [];
after(async () => {
  for (const { stop } of running) await stop();
});

async function start(bindings: Readonly<Record<string, string>> = {}): Promise<RunningWorker> {
  const worker = await startWorker({
    entry: join(folder, config.main),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bindings,
  });
  running.push(worker);
  return worker;
}

const ask = ({ url }: RunningWorker, body: object, init: RequestInit = {}): Promise<Response> => {
  const text = JSON.stringify({ messages: [{ role: "user", content: "Hello" }], ...body });
  return fetch(new URL("/v1/chat/completions", url), {
    method: "POST",
    body: text,
    headers: { "content-type": "application/json" },
    ...init,
  });
};

/** A target behind HTTP: lenity's own server, with the tokens of the example. Each response takes a few milliseconds. */
async function serveTarget(
  text: string,
): Promise<{ readonly url: string; readonly open: () => number; fail: boolean }> {
  const registry = defaultRegistry();
  const drafters = { lookup: () => lookupDrafter() };
  const app = createLenity({
    models: [{ id: "far", target: modelSaying(text), tokenizer, chatTemplate, drafters, registry }],
  });
  let open = 0;
  const server: Server = createServer((request, response) => {
    open++;
    response.on("close", () => open--);
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", async () => {
      const init = { method: request.method ?? "GET", headers: { "content-type": "application/json" } };
      const asked = new Request(`${target.url}${request.url?.slice(1)}`, { ...init, ...(body === "" ? {} : { body }) });
      const answer = await app.fetch(asked);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (target.fail) response.writeHead(500).end();
      else response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push({ stop: () => new Promise((resolve) => void server.close(() => resolve())) });
  const target = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, open: () => open, fail: false };
  return target;
}

test("the table answers, drafted and verified, streamed or not", async () => {
  const worker = await start();
  for (const policy of ["strict", "judi"]) {
    const answer = (await (await ask(worker, { temperature: 0, speculative: { policy } })).json()) as Reply;
    assert.equal(textOf(answer), "Drafted at the edge, verified by the target.");
    assert.ok((answer.metrics?.speculative_decoding.num_accepted_draft_tokens ?? 0) > 30);
  }
  const { all, done } = await chunks(await ask(worker, { temperature: 0, stream: true }));
  assert.ok(done);
  assert.equal(joined(all), "Drafted at the edge, verified by the target.");
  const refused = await ask(worker, { speculative: { policy: "judy" } });
  assert.equal(refused.status, 400);
  assert.equal(((await refused.json()) as Reply).error?.param, "speculative.policy");
});

test("a target behind HTTP answers; if it fails the request fails, and if the client leaves it gets no more requests", async () => {
  const target = await serveTarget("Verified by a target far away. ".repeat(40));
  const worker = await start({ MODEL_URL: target.url });
  const answer = (await (await ask(worker, { temperature: 0, max_tokens: 30 })).json()) as Reply;
  assert.equal(textOf(answer), "Verified by a target far away.");
  const long = (await (await ask(worker, { temperature: 0, max_tokens: 200 })).json()) as Reply;
  assert.ok((long.metrics?.speculative_decoding.num_accepted_draft_tokens ?? 0) > 100);

  target.fail = true;
  const failed = await ask(worker, {});
  assert.equal(failed.status, 503);
  const { error } = (await failed.json()) as Reply;
  assert.equal(error?.code, "engine_failed");
  assert.doesNotMatch(error?.message ?? "", /127\.0\.0\.1/);
  await until(() => worker.log().includes(`Request ${failed.headers.get("x-request-id")} failed: LenityError`));
  assert.match(worker.log(), /refused \/v1\/completions with status 500/);

  target.fail = false;
  const gone = new AbortController();
  const left = assert.rejects(
    ask(worker, { temperature: 0, speculative: { draft_tokens: 0 } }, { signal: gone.signal }),
  );
  await until(() => target.open() > 0);
  gone.abort();
  await left;
  const idle = async () =>
    ((await (await fetch(new URL("/health", worker.url))).json()) as { queue: { active: number } }).queue.active === 0;
  await until(idle);
  await until(() => target.open() === 0);
});
