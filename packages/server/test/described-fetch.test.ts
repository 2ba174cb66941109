/** The clients' tests hold all answers against `/openapi.json`: that they would notice a difference. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { describedFetch } from "./described-fetch.ts";
import { question, sayingModel, served } from "./doubles.ts";

const app = createServer({ models: [served(sayingModel("It is 5."))] });
const base = "http://localhost";

/** The differences that are found if every answer is changed on its way. */
async function found(body: object, change: (text: string) => string): Promise<string[]> {
  const api = await describedFetch(base, async (...given) => {
    const request = new Request(...(given as ConstructorParameters<typeof Request>));
    const response = await app.fetch(request);
    if (request.url.endsWith("/openapi.json")) return response;
    return new Response(change(await response.text()), response);
  });
  const text = JSON.stringify({ messages: question, ...body });
  const headers = { "content-type": "application/json" };
  await (await api.fetch(`${base}/v1/chat/completions`, { method: "POST", body: text, headers })).text();
  assert.equal(api.exchanges.length, 1);
  return api.differences;
}

const same = (text: string) => text;

describe("an answer that is held against its description", () => {
  test("is as described, whole, in chunks, or as an error", async () => {
    for (const body of [{}, { stream: true }, { temperature: "hot" }]) assert.deepEqual(await found(body, same), []);
  });

  test("is found to have a field that is not described, in the answer, in any chunk, and in an error", async () => {
    const added = (text: string) => text.replace(/"finish_reason":/, '"surprise":1,"finish_reason":');
    for (const body of [{}, { stream: true }]) {
      const [difference, ...more] = await found(body, added);
      assert.match(difference ?? "", /additional properties/);
      assert.deepEqual(more, []);
    }
    const late = (text: string) => text.replace(/"finish_reason":"stop"/, '"finish_reason":"stop","surprise":1');
    assert.equal((await found({ stream: true }, late)).length, 1);
    const inError = (text: string) => text.replace('"param"', '"surprise":1,"param"');
    assert.equal((await found({ temperature: "hot" }, inError)).length, 1);
  });

  test("is found to lack a field, or to have another kind of value", async () => {
    assert.equal((await found({}, (text) => text.replace(/"created":\d+,/, ""))).length, 1);
    assert.equal((await found({}, (text) => text.replace(/"created":\d+/, '"created":"now"'))).length, 1);
  });

  test("is found to be of a route that is not described", async () => {
    const api = await describedFetch(base, async () =>
      Response.json({ paths: {}, components: { schemas: {}, responses: {} } }),
    );
    await api.fetch(`${base}/v1/models`);
    assert.match(api.differences.join(), /nothing is described/);
  });
});
