/** How a server ends: what is open is answered, or told that it is not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { endServer } from "../src/drain-server.ts";
import { listen as listenNode } from "../src/listen.node.ts";
import { serve } from "./command.ts";

/** `lenity serve` on a free port. */
async function serving() {
  const { child, url, ended } = await serve();
  let err = "";
  child.stderr?.on("data", (data) => (err += data));
  const body = {
    messages: [
      {
        role: "user",
        content:
          "A bus carries 31 people. At the first stop, 12 get off and 7 get on. At the second stop, 4 get off. How many people are on the bus now?",
      },
    ],
    temperature: 0,
    stream: true,
    speculative: { draft_tokens: 0 },
  };
  const ask = () =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  return { child, ended, ask, url, told: () => err };
}

describe("lenity serve", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`answers at ${signal} what is open, takes nothing new, and ends with 0`, async () => {
      const { child, ended, ask, url } = await serving();
      const open = await Promise.all([ask(), ask(), ask()].map((response) => response));
      child.kill(signal);
      child.kill(signal); // passed on by what runs the command
      const texts = await Promise.all(open.map((response) => response.text()));
      for (const text of texts) assert.match(text, /data: \[DONE\]\n\n$/);
      assert.equal(await ended, 0);
      await assert.rejects(fetch(`${url}/health`));
    });
  }

  test("ends at once at a second signal", async () => {
    const { child, ended, ask, told } = await serving();
    // More than can be answered before it.
    const open = Array.from({ length: 60 }, () =>
      ask()
        .then((response) => response.text())
        .catch(() => "cut off"),
    );
    await pause(100);
    child.kill("SIGTERM");
    while (!told().includes("A second signal stops the server immediately.")) await pause(5);
    await pause(300);
    child.kill("SIGTERM");
    assert.equal(await ended, 1);
    assert.ok((await Promise.all(open)).includes("cut off"));
  });
});

describe("a server that ends", () => {
  test("tells requests that take longer than its grace that they are cut off, on Node's server too", async () => {
    const { Response: own } = globalThis;
    const listens = [
      ...(process.versions["bun"] === undefined ? [] : [(await import("../src/listen.bun.ts")).listen]),
      listenNode,
    ];
    for (const listen of listens) {
      const ending = new AbortController();
      const answer = async ({ signal }: Request): Promise<Response> => {
        await pause(60_000, undefined, { signal: AbortSignal.any([signal, ending.signal]) }).catch(() => {});
        return new Response("cut off", { status: 503 });
      };
      const server = await listen(answer, { host: "127.0.0.1", port: 0 });
      const open = fetch(server.url).then(async (response) => [response.status, await response.text()]);
      await pause(50);
      await endServer(server, ending, 300);
      assert.deepEqual(await open, [503, "cut off"]);
      await assert.rejects(fetch(server.url));
    }
    assert.equal(globalThis.Response, own);
  });

  test("closes what stays open in spite of it", async () => {
    let closed = false;
    const never = new Promise<void>(() => {});
    const server = { url: "", stop: () => never, close: async () => void (closed = true) };
    const ending = new AbortController();
    await endServer(server, ending, 10);
    assert.deepEqual([closed, ending.signal.aborted], [true, true]);
  });
});
