/** What a client must not get out of the server, and the log must not get from a client. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError } from "@lenity/core";
import { createServer, type LogEntry } from "../src/index.ts";
import { delayed, post, sayingModel, served } from "./doubles.ts";

const model = served(sayingModel("It is 5."));

describe("a model's name", () => {
  test("reaches no file of the host, in any of its forms", async () => {
    const app = createServer({ models: [model] });
    for (const name of [
      "/etc/passwd",
      "../../etc/passwd",
      "file:///etc/passwd",
      "..%2f..%2fetc%2fpasswd",
      "\\\\host\\c",
    ]) {
      for (const response of [
        await post(app, { model: name }),
        await app.request(`/v1/models/${encodeURIComponent(name)}`),
        await app.request(`/v1/policies?model=${encodeURIComponent(name)}`),
      ]) {
        const text = await response.text();
        assert.equal(response.status, 404, text);
        assert.match(text, /model_not_found|not_found/);
        assert.doesNotMatch(text, /root:|ENOENT|no such file/i);
      }
    }
  });
});

describe("a prompt", () => {
  const secret = "a-secret-of-the-prompt";
  const messages = [{ role: "user", content: secret }];

  test("is in no log line and no reported failure, whatever fails", async () => {
    const seen: unknown[] = [];
    const faults = [
      new LenityError("worker_lost", "The thread died."),
      new LenityError("bad_logits", "Row 3 is no number."),
      new Error("an error of the runtime"),
    ];
    for (const stream of [false, true]) {
      for (const fault of faults) {
        const failing = served(delayed(sayingModel("5"), () => Promise.reject(fault)));
        const app = createServer({
          models: [failing],
          log: (entry) => seen.push(entry),
          onFailure: (error, id) => seen.push([String(error), (error as Error).stack, id]),
        });
        const response = await post(app, { messages, stream });
        assert.ok(response.status >= 500);
        assert.doesNotMatch(await response.text(), /a-secret|runtime|Row 3|thread died/);
      }
    }
    for (const body of [
      { messages, temperature: 900 },
      { messages, model: "other" },
      { messages, max_tokens: 1e9 },
    ]) {
      const app = createServer({ models: [model], log: (entry) => seen.push(entry) });
      assert.doesNotMatch(await (await post(app, body)).text(), /a-secret/);
    }
    assert.ok(seen.length >= 9);
    assert.doesNotMatch(JSON.stringify(seen), /a-secret/);
  });
});

describe("a key", () => {
  const apiKeys = [{ key: "a-secret-key", name: "team" }];

  test("is not in /health, /metrics, the lists, an error or the log", async () => {
    const entries: LogEntry[] = [];
    const app = createServer({ models: [model], apiKeys, log: (entry) => entries.push(entry) });
    const headers = { authorization: "Bearer a-secret-key" };
    for (const path of [
      "/health",
      "/health/live",
      "/health/ready",
      "/metrics",
      "/v1/models",
      "/v1/policies",
      "/openapi.json",
      "/nowhere",
    ])
      assert.doesNotMatch(await (await app.request(path, { headers })).text(), /a-secret/);
    const wrong = { authorization: "Bearer another-secret" };
    const refused = await post(app, {}, { headers: wrong });
    assert.equal(refused.status, 401);
    assert.doesNotMatch(await refused.text(), /secret/);
    assert.equal((await post(app, {}, { headers })).status, 200);
    assert.doesNotMatch(JSON.stringify(entries), /secret/);
    assert.ok(entries.some((entry) => entry.event === "request" && entry.key === "team"));
  });
});
