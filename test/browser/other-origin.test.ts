/** A page of another origin, in Chromium: it uses a server that names its origin, by the official client. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { listen } from "../../packages/cli/src/listen.node.ts";
import { createServer } from "../../packages/server/src/index.ts";
import { sayingModel, served } from "../../packages/server/test/doubles.ts";
import { root } from "../published-packages.ts";
import { type Chromium, chromiumProgram, startChromium } from "./chromium.ts";

const openai = createRequire(join(root, "packages/server/package.json")).resolve("openai");
const loopback = { host: "127.0.0.1", port: 0 };
let chromium: Chromium;
const ends: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

/** Serves pages with the client in them; the same address by another name is another origin. */
async function servedPage(): Promise<string> {
  const contents = `import OpenAI from ${JSON.stringify(openai)}; globalThis.OpenAI = OpenAI;`;
  const bundle = { bundle: true, write: false, format: "iife", platform: "browser", logLevel: "error" } as const;
  const built = await build({ ...bundle, stdin: { contents, resolveDir: root } });
  const page = `<!doctype html><link rel="icon" href="data:,"><script>${built.outputFiles[0]?.text}</script>`;
  const answer = () => new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  const server = await listen(answer, loopback);
  ends.push(() => server.close());
  return server.url;
}

describe("a page of another origin", () => {
  let [page, api] = ["", ""];
  before(async () => {
    page = await servedPage();
    const app = createServer({ models: [served(sayingModel("It is 5."))], apiKeys: ["key"], corsOrigins: [page] });
    const server = await listen(app.fetch, loopback);
    ends.push(() => server.close());
    api = server.url;
    chromium = await startChromium(chromiumProgram() ?? assert.fail("There is no Chromium."));
    ends.push(() => chromium.close());
  });

  /** What the client in the page tells: the text of a stream, and what the page may read of the response. */
  const asked = (key: string) => `(async () => {
    const client = new OpenAI({ baseURL: "${api}/v1", apiKey: "${key}", maxRetries: 0, dangerouslyAllowBrowser: true });
    const body = { model: "double", messages: [{ role: "user", content: "Hi" }], stream: true, user: "me" };
    try {
      const { data, response } = await client.chat.completions.create(body).withResponse();
      let text = "";
      for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? "";
      return [text, response.headers.get("x-lenity-ignored-fields"), response.headers.get("x-request-id")?.length];
    } catch (error) {
      return [error.constructor.name, error.status ?? null, error.code ?? null];
    }
  })()`;

  test("gets a stream with its key, may read the headers, and sees why a key is refused", async () => {
    const opened = await chromium.open(page);
    await opened.until("globalThis.OpenAI !== undefined");
    assert.deepEqual(await opened.evaluate(asked("key")), ["It is 5.", "user", 36]);
    const [name, status, code] = await opened.evaluate<unknown[]>(asked("no"));
    assert.deepEqual([typeof name, status, code], ["string", 401, "invalid_api_key"]);
    await opened.close();
  });

  test("gets nothing if the server does not name its origin", async () => {
    const opened = await chromium.open(page.replace("127.0.0.1", "localhost"));
    await opened.until("globalThis.OpenAI !== undefined");
    const [name, status] = await opened.evaluate<unknown[]>(asked("key"));
    assert.deepEqual([typeof name, status], ["string", null]);
    await opened.close();
  });
});
