/** Who reaches `lenity serve`, by what name, and how its answers end. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { exposureOf } from "../src/exposure.ts";
import { serve } from "./command.ts";

/** The status and the text for a request that gives this host. */
async function ask(url: string, host: string, path = "/v1/models", key?: string): Promise<readonly [number, string]> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: close",
    ...(key === undefined ? [] : [`Authorization: Bearer ${key}`]),
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  let text = "";
  for await (const data of socket) text += data;
  return [Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text];
}

/** Runs it with a server of these flags. */
async function served(flags: readonly string[], check: (url: string) => Promise<void>): Promise<string> {
  const { child, url, ended } = await serve(...flags);
  let err = "";
  child.stderr?.on("data", (data) => (err += data));
  try {
    await check(url);
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  return err;
}

describe("lenity serve", () => {
  test("without a key answers to names of loopback alone, and says how to allow others", async () => {
    const err = await served([], async (url) => {
      assert.equal((await ask(url, new URL(url).host))[0], 200);
      for (const path of ["/v1/models", "/health"]) {
        const [status, text] = await ask(url, "evil.example:80", path);
        assert.equal(status, 403);
        assert.match(text, /evil\.example:80.*--allowed-host.*--api-key/);
      }
    });
    assert.equal(err, "");
  });

  test("answers to names that are allowed, and with a key to all", async () => {
    await served(["--allowed-host", "model.example", "other.example"], async (url) => {
      for (const host of ["model.example", "other.example:8080", "localhost"])
        assert.equal((await ask(url, host))[0], 200);
      assert.equal((await ask(url, "evil.example"))[0], 403);
    });
    await served(["--api-key", "secret"], async (url) => {
      assert.equal((await ask(url, "any.example", "/v1/models", "secret"))[0], 200);
      assert.equal((await ask(url, "any.example", "/health"))[0], 200);
    });
  });

  test("answers a streamed prompt that exactly fills the context, and the next one", async () => {
    await served([], async (url) => {
      const send = async (times: number) => {
        const body = JSON.stringify({
          messages: [{ role: "user", content: "apples ".repeat(times) }],
          stream: true,
          max_tokens: 3,
        });
        const headers = { "content-type": "application/json" };
        return (await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body })).text();
      };
      assert.match(await send(508), /has 513 tokens; tiny holds 512/);
      for (const times of [507, 507, 5])
        assert.match(await send(times), /"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/);
      assert.match((await ask(url, "localhost", "/health"))[1], /"queue":\{"active":0,"waiting":0\}/);
    });
  });
});

test("a server that others may reach needs a key, or an operator who wants it open and is warned", () => {
  for (const host of ["0.0.0.0", "::", "192.168.1.5", "model.example", ""]) {
    assert.throws(() => exposureOf(host, {}), {
      code: "invalid_request",
      message: /--keys.*LENITY_API_KEYS.*--public/,
    });
    assert.match(exposureOf(host, { open: true }).warning ?? "", /without a key/);
    assert.equal(exposureOf(host, { open: true }).allowedHosts, undefined);
    assert.equal(exposureOf(host, { keyed: true }).warning, undefined);
  }
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"]) {
    assert.deepEqual(exposureOf(host, {}), { allowedHosts: [], warning: undefined });
    assert.deepEqual(exposureOf(host, { allowedHosts: ["a"] }), { allowedHosts: ["a"], warning: undefined });
    assert.deepEqual(exposureOf(host, { keyed: true }), { allowedHosts: undefined, warning: undefined });
  }
});
