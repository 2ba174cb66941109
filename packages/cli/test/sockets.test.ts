/** What comes over a socket and no client library sends: each runtime's own server meets it. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createServer } from "@lenity/server";
import { listen } from "#listen";
import { queueOf, sayingModel, served, until } from "../../server/test/doubles.ts";
import type { Listening } from "../src/listen.ts";

const failures: unknown[] = [];
const bodyTimeout = 400;
const contextLength = 40;
const app = createServer({
  models: [served(sayingModel("It is 5.", { contextLength }))],
  bodyTimeout,
  maxQueue: 0,
  allowedHosts: ["allowed.example"],
  onFailure: (error) => failures.push(error),
});
let server: Listening;
before(async () => {
  server = await listen(app.fetch, { host: "127.0.0.1", port: 0 });
});
/** Ends a server with all that is open. */
async function end(server: Listening): Promise<void> {
  const stopped = server.stop();
  await server.close();
  await stopped;
}
after(() => end(server));

const opened = (url: string) => connect(Number(new URL(url).port), "127.0.0.1");

/** All that the server says until it ends the connection, or until nothing comes for a while. */
function heard(socket: Socket, quiet = 1000): Promise<{ readonly text: string; readonly ended: boolean }> {
  return new Promise((resolve) => {
    let text = "";
    const tell = (ended: boolean) => () => {
      resolve({ text, ended });
      socket.destroy();
    };
    socket.setTimeout(quiet, tell(false));
    socket.on("data", (data) => (text += data));
    socket.on("end", tell(true)).on("close", tell(true)).on("error", tell(true));
  });
}

/** What is answered to these lines. */
async function answered(...lines: readonly string[]): Promise<string> {
  const socket = opened(server.url);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return (await heard(socket, 500)).text;
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);

describe("a request that names no host", () => {
  for (const lines of [
    ["HTTP/1.0"],
    ["HTTP/1.0", "Host:"],
    ["HTTP/1.1", "Host:", "Connection: close"],
    ["HTTP/1.1", "Host: ", "Connection: close"],
  ]) {
    test(`finds its route, and no other (${lines.join(", ")})`, async () => {
      const [first, ...rest] = lines;
      const health = await answered(`GET /health ${first}`, ...rest);
      assert.equal(statusOf(health), 200, health);
      assert.match(health, /"status":"ok"/);
      const missing = await answered(`GET /v1/policies?model=none ${first}`, ...rest);
      assert.match(missing, /model \\"none\\" does not exist/);
      for (const path of ["/xx/v1/models", "//x/v1/models", "/x", "/"]) {
        const text = await answered(`GET ${path} ${first}`, ...rest);
        assert.equal(statusOf(text), 404, text);
        assert.ok(text.includes(`GET ${path} does not exist`), text);
      }
    });
  }

  test("or one that is no host, reaches no route that it does not name", async () => {
    for (const host of ["a/b", "a/health?", "/v1/models#", "a b", "[", "a:b:c"]) {
      const status = statusOf(await answered("GET /xx/v1/models HTTP/1.1", `Host: ${host}`, "Connection: close"));
      assert.ok([400, 403, 404].includes(status), `${host}: ${status}`);
    }
  });
});

test("a request is answered under a name of this machine or an allowed one, and under no other", async () => {
  const statusFor = async (host: string) =>
    statusOf(await answered("GET /v1/models HTTP/1.1", `Host: ${host}`, "Connection: close"));
  for (const host of [
    "localhost",
    "LOCALHOST:80",
    "127.0.0.1:8080",
    "[::1]:1",
    "allowed.example",
    "Allowed.example.:99",
  ]) {
    assert.equal(await statusFor(host), 200, host);
  }
  for (const host of [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:80",
    "[::2]",
    "10.0.0.1",
  ]) {
    assert.equal(await statusFor(host), 403, host);
  }
});

describe("headers that no client sends", () => {
  const odd = {
    "control characters": "X-Odd: a\u0001b\u001b[31m\u007f",
    "a null byte": "X-Odd: a\u0000b",
    "bytes beyond ASCII": "X-Odd: \u00e9\u00ff",
    "a line feed alone": "X-Odd: a\nX-Evil: 1",
    "a request id that would forge a line of the log": 'X-Request-Id: a\u001b[2K\u0007{"event":"request"}',
    "a key with control characters": "Authorization: Bearer a\u0001\u0000b",
    "a name with a space": "X Odd: 1",
    "no colon": "X-Odd",
    "a hundred thousand letters": `X-Odd: ${"a".repeat(100_000)}`,
    "a thousand of them": Array.from({ length: 1000 }, (_, at) => `X-Odd-${at}: 1`).join("\r\n"),
    "two lengths": "Content-Length: 5\r\nContent-Length: 6",
    "a length and chunks": "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "a length that is none": "Content-Length: -1",
  };
  for (const [what, line] of Object.entries(odd)) {
    test(`are answered or refused, and the next request is served (${what})`, async () => {
      const text = await answered("GET /v1/models HTTP/1.1", "Host: localhost", line, "Connection: close");
      // A runtime's own server may end such a connection without a word.
      const status = text === "" ? 400 : statusOf(text);
      assert.ok(status === 200 || (status >= 400 && status < 500), text.slice(0, 200));
      assert.ok(!text.includes("\u001b") && !/x-evil/i.test(text), text);
      assert.equal(statusOf(await answered("GET /health HTTP/1.1", "Host: localhost", "Connection: close")), 200);
      assert.deepEqual([failures, await queueOf(app)], [[], { active: 0, waiting: 0 }]);
    });
  }
});

describe("a body that does not come", () => {
  const head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  const begins = {
    "of a length": `${head}Content-Length: 5000\r\n\r\n{`,
    "in chunks": `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
  };
  for (const [how, begin] of Object.entries(begins)) {
    test(`or comes too slowly, ${how}, is answered 408 in time, and its connection ends`, async () => {
      for (const drip of [undefined, how === "in chunks" ? "1\r\n \r\n" : " "]) {
        const socket = opened(server.url);
        socket.write(begin);
        const timer = drip === undefined ? undefined : setInterval(() => socket.writable && socket.write(drip), 50);
        const { text, ended } = await heard(socket, 10 * bodyTimeout);
        clearInterval(timer);
        assert.equal(statusOf(text), 408, text);
        assert.match(text, /did not arrive within 0\.4 s/);
        assert.ok(ended, "the connection is still open");
      }
      assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
    });

    test(`because its client left, ${how}, is nobody's failure`, async () => {
      for (const leave of ["destroy", "end"] as const) {
        const socket = opened(server.url);
        socket.on("error", () => {});
        await new Promise<void>((resolve) => socket.write(begin, () => resolve()));
        await pause(50);
        socket[leave]();
        await pause(bodyTimeout + 100);
        socket.destroy();
      }
      assert.deepEqual(failures, []);
      assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
    });
  }
});

test("a streamed prompt that exactly fills the context gives its place back", async () => {
  const send = (content: string) =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ role: "user", content }], stream: true }),
    });
  for (let time = 0; time < 2; time++) {
    // The double's template writes four control tokens, and each letter is a token.
    const text = await (await send("a".repeat(contextLength - 4))).text();
    assert.match(text, /"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/);
    await until(async () => (await queueOf(app)).active === 0);
  }
  assert.match(await (await send("?")).text(), /"finish_reason":"stop"/);
});

// Node and Deno end such connections by their own limits, which are not this short.
test("Bun ends a connection that says nothing, before a request and after an answer, but none whose answer takes long", {
  skip: process.versions["bun"] === undefined ? "only Bun's server has this limit" : false,
}, async () => {
  const { listen } = await import("../src/listen.bun.ts");
  const answer = async ({ url }: Request) => {
    if (url.endsWith("/slow")) await pause(9000);
    return new Response("here");
  };
  const server = await listen(answer, { host: "127.0.0.1", port: 0, idle: 2 });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  try {
    const [silent, idle, slow] = await Promise.all(
      ["", get("/"), get("/slow")].map((text) => {
        const socket = opened(server.url);
        if (text !== "") socket.write(text);
        return heard(socket, 25_000);
      }),
    );
    assert.deepEqual([silent?.ended, idle?.ended, slow?.ended], [true, true, true]);
    for (const { text } of [idle, slow] as { text: string }[]) assert.match(text, /\r\n\r\nhere$/);
  } finally {
    await end(server);
  }
});
