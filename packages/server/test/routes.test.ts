import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createRegistry,
  defaultRegistry,
  type EngineState,
  type LanguageModel,
  sdPlugin,
  verifierPlugin,
} from "@lenity/core";
import { object } from "valibot";
import { createServer } from "../src/index.ts";
import {
  delayed,
  type Posting,
  post,
  queueOf,
  type Reply,
  reply,
  sayingModel,
  served,
  textOf,
  until,
} from "./doubles.ts";

const state = (state: EngineState["state"]): EngineState => ({ state, sessions: 1, restarts: 2, keptBytes: 3 });
const target = sayingModel("It is 5.", { contextLength: 60 });
const app = createServer({ models: [served(target)], maxBodyBytes: 5000 });

describe("the routes", () => {
  test("404 for an unknown route", async () => {
    for (const path of ["/", "/v1/complete", "/v1/models/gpt-9", "/v1/chat"]) {
      const response = await app.request(path);
      assert.equal(response.status, 404, path);
      assert.equal(((await response.json()) as Reply).error?.type, "invalid_request_error");
      assert.match(response.headers.get("x-request-id") ?? "", /./);
    }
  });

  test("are found with and without /v1 and with a slash at the end, under the same key", async () => {
    const own = createServer({ models: [served(target)], apiKeys: ["one"] });
    const ask = async (path: string, key?: string) => {
      const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const response = await own.request(path, { headers });
      return [response.status, ((await response.json()) as Reply).error?.code];
    };
    const found = own.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
    const paths = new Set(found.map(({ path }) => path.replace(/:.*/, "org/unknown")));
    assert.ok(paths.size >= 11);
    for (const path of [...paths].filter((path) => path !== "/metrics")) {
      const [locked, open] = [await ask(path), await ask(path, "one")];
      assert.notEqual(open[1], "not_found", path);
      const other = path.startsWith("/v1/") ? path.slice(3) : `/v1${path}`;
      for (const spelling of [`${path}/`, other, `${other}/`]) {
        assert.deepEqual([await ask(spelling), await ask(spelling, "one")], [locked, open], spelling);
      }
    }
    for (const path of ["/v1/v1/models", "//v1/models", "/v1/metrics/x", "/x/v1/models", "/v1//models"])
      assert.equal((await own.request(path, { headers: { authorization: "Bearer one" } })).status, 404, path);
  });

  test("405 for another method of a known route, with those that are allowed", async () => {
    const routes = {
      "/health": "GET, HEAD",
      "/v1/models": "GET, HEAD",
      "/v1/models/double": "GET, HEAD",
      "/v1/models/org/unknown": "GET, HEAD",
      "/v1/policies": "GET, HEAD",
      "/v1/chat/completions": "POST",
    };
    for (const [path, allow] of Object.entries(routes)) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        const response = await app.request(path, { method });
        if (allow.includes(method)) assert.notEqual(response.status, 405, `${method} ${path}`);
        else {
          assert.deepEqual([response.status, response.headers.get("allow")], [405, allow], `${method} ${path}`);
          if (method === "HEAD") continue;
          const { error } = (await response.json()) as Reply;
          assert.equal(error?.code, "method_not_allowed");
          assert.match(
            error?.message ?? "",
            new RegExp(`^${path} does not support ${method}\\. Use ${allow.split(",")[0]}\\.$`),
          );
        }
      }
    }
    assert.equal(
      (await createServer({ models: [served(target)], apiKeys: ["one"] }).request("/v1/models", { method: "PUT" }))
        .status,
      401,
    );
  });

  test("415 for a body that is declared to be something else than plain JSON, with the header to send", async () => {
    const body = JSON.stringify({ messages: [{ role: "user", content: "x" }] });
    const refused = async (headers: Record<string, string>, message: RegExp, content: RequestInit["body"] = body) => {
      const response = await app.request("/v1/chat/completions", { method: "POST", body: content, headers });
      const { error } = (await response.json()) as Reply;
      assert.deepEqual([response.status, error?.code], [415, "unsupported_media_type"]);
      assert.match(error?.message ?? "", message);
      return response;
    };
    const advice = /expected JSON\. Send the header content-type: application\/json\.$/;
    for (const type of [
      "application/x-www-form-urlencoded",
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/jsonx",
      "",
    ]) {
      await refused({ "content-type": type }, advice);
    }
    await refused(
      { "content-type": "application/x-www-form-urlencoded" },
      /^The content-type is application\/x-www-form-urlencoded;/,
    );
    const none = await refused({}, /^The request has no content-type; expected JSON\./, new TextEncoder().encode(body));
    assert.equal(none.headers.get("accept"), "application/json");
    for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"]) {
      assert.equal((await post(app, body, { headers: { "content-type": type } })).status, 200, type);
    }
    const zipped = await new Response(
      new Blob([body]).stream().pipeThrough(new CompressionStream("gzip")),
    ).arrayBuffer();
    const compressed = { "content-type": "application/json", "content-encoding": "gzip" };
    const response = await refused(
      compressed,
      /^The body is compressed \(content-encoding: gzip\); .* Send it uncompressed\.$/,
      zipped,
    );
    assert.equal(response.headers.get("accept-encoding"), "identity");
    assert.equal((await post(app, body, { headers: { "content-encoding": "identity" } })).status, 200);
  });

  test("413 for a body over the limit, however long it says it is", async () => {
    const body = `{"messages": [{"role": "user", "content": "${"x".repeat(5000)}"}]}`;
    const pieces = () => new Blob([body]).stream();
    const chunked: Posting & { duplex: "half" } = { body: pieces(), duplex: "half" };
    for (const init of [{}, { headers: { "content-length": "9999" } }, chunked]) {
      const response = await post(app, body, init);
      assert.equal(response.status, 413);
      assert.equal(((await response.json()) as Reply).error?.code, "body_too_large");
    }
  });

  test("429 when the queue is full, and those in line are served in order", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const server = createServer({ models: [served(delayed(target, () => gate))], maxQueue: 2 });
    const order: number[] = [];
    const admitted = [0, 1, 2].map(async (n) => {
      const answer = await reply(server, {});
      order.push(n);
      return answer;
    });
    await until(async () => (await queueOf(server)).waiting === 2);
    const busy = await post(server, { stream: true });
    assert.equal(busy.status, 429);
    assert.equal(busy.headers.get("retry-after"), "1");
    assert.equal(((await busy.json()) as Reply).error?.code, "queue_full");
    open();
    for (const answer of await Promise.all(admitted)) assert.equal(textOf(answer), "It is 5.");
    assert.deepEqual(order, [0, 1, 2]);
    assert.deepEqual(await queueOf(server), { active: 0, waiting: 0 });
  });

  test("401 without a key that is known, except for /health", async () => {
    const server = createServer({ models: [served(target)], apiKeys: ["one", "two"] });
    const status = async (path: string, authorization?: string) =>
      (await server.request(path, authorization === undefined ? {} : { headers: { authorization } })).status;
    assert.equal(await status("/v1/models"), 401);
    assert.equal(await status("/v1/models", "Bearer three"), 401);
    assert.equal(await status("/v1/models", "Basic one"), 401);
    assert.equal(await status("/v1/models", "Bearer "), 401);
    assert.equal(await status("/v1/models", "Bearer two"), 200);
    assert.equal(await status("/health"), 200);
    const response = await post(server, {});
    assert.equal(response.status, 401);
    assert.equal(((await response.json()) as Reply).error?.code, "invalid_api_key");
    assert.equal(
      textOf((await (await post(server, {}, { headers: { authorization: "Bearer one" } })).json()) as Reply),
      "It is 5.",
    );
  });

  test("stop a server that could not serve", () => {
    const model = served(target);
    assert.throws(() => createServer({ models: [] }), TypeError);
    assert.throws(() => createServer({ models: [model, model] }), TypeError);
    assert.throws(() => createServer({ models: [model], apiKeys: [] }), TypeError);
    assert.throws(() => createServer({ models: [model], apiKeys: [""] }), TypeError);
    assert.throws(() => createServer({ models: [model], concurrency: 0 }), RangeError);
    assert.throws(() => createServer({ models: [{ ...model, policy: "unknown" }] }), /unknown preset/);
    assert.throws(() => createServer({ models: [{ ...model, chatTemplate: "{% if %}" }] }));
  });
});

describe("the lists", () => {
  test("/v1/models and /v1/models/:id show the models, slashes in names included", async () => {
    const server = createServer({ models: [served(target, target, { id: "org/double" })] });
    const list = (await (await server.request("/v1/models")).json()) as {
      object: string;
      data: { id: string; object: string; created: number }[];
    };
    assert.equal(list.object, "list");
    assert.equal(list.data[0]?.id, "org/double");
    assert.equal(list.data[0]?.object, "model");
    for (const id of ["org/double", "org%2Fdouble"]) {
      assert.deepEqual(await (await server.request(`/v1/models/${id}`)).json(), list.data[0]);
    }
  });

  test("/health shows what may be asked for", async () => {
    const plugin = verifierPlugin({
      name: "own",
      summary: "",
      schema: object({}),
      create: () => defaultRegistry().create("strict"),
    });
    const registry = createRegistry([sdPlugin, plugin], [{ name: "strict", summary: "", policy: { type: "sd" } }]);
    const server = createServer({ models: [served(target, target, { registry })] });
    assert.deepEqual(await (await server.request("/health")).json(), {
      status: "ok",
      models: [
        {
          id: "double",
          context_length: 60,
          policies: ["strict"],
          verifiers: ["sd", "own"],
          drafters: ["model", "lookup"],
        },
      ],
      queue: { active: 0, waiting: 0 },
    });
  });

  test("/health shows the engines and devices of both models as they are now, and fails when one has none left", async () => {
    const [working, failed] = [state("ready"), state("failed")];
    let [ofTarget, ofDraft] = [[working, failed], [working]];
    const [owner, draft] = [target, target].map((model) => Object.create(model)) as [LanguageModel, LanguageModel];
    Object.defineProperty(owner, "engines", { get: () => ofTarget });
    Object.defineProperty(draft, "engines", { get: () => ofDraft });
    Object.defineProperty(owner, "device", { value: { name: "webgpu", why: "It is faster." } });
    Object.defineProperty(draft, "device", { value: { name: "cpu", why: "It is small." } });
    const server = createServer({ models: [served(owner, draft, { draft })] });
    const health = async () => {
      const response = await server.request("/health");
      return {
        code: response.status,
        ...((await response.json()) as { status: string; models: Record<string, unknown>[] }),
      };
    };
    const { code, status, models } = await health();
    assert.deepEqual([code, status], [200, "ok"]);
    const shown = (one: string) => ({ state: one, sessions: 1, restarts: 2, kept_bytes: 3 });
    assert.deepEqual(models[0]?.["engines"], [shown("ready"), shown("failed")]);
    assert.deepEqual(models[0]?.["draft_engines"], [shown("ready")]);
    assert.deepEqual(models[0]?.["device"], { name: "webgpu", why: "It is faster." });
    assert.deepEqual(models[0]?.["draft_device"], { name: "cpu", why: "It is small." });
    [ofTarget, ofDraft] = [[failed, failed], [working]];
    assert.deepEqual([(await health()).code, (await health()).status], [503, "failed"]);
    [ofTarget, ofDraft] = [[working, failed], [failed]];
    assert.deepEqual([(await health()).code, (await health()).status], [503, "failed"]);
  });

  test("as many answers decode at a time as the target has engines, unless told otherwise", async () => {
    const gate = new Promise<void>(() => {});
    const engines = [state("ready"), state("restarting"), state("ready")];
    const slow = { ...delayed(target, () => gate), engines };
    for (const [concurrency, active] of [
      [undefined, 3],
      [2, 2],
    ] as const) {
      const server = createServer({ models: [served(slow)], concurrency });
      for (let n = 0; n < 5; n++) void post(server, {});
      await until(async () => (await queueOf(server)).waiting === 5 - active);
      assert.equal((await queueOf(server)).active, active);
    }
  });
});
