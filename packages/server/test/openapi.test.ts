/** `/openapi.json`: it says what the server does. Other tests hold every answer and chunk against it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { fieldNotes } from "../src/description/field-notes.ts";
import { openApi } from "../src/description/openapi.ts";
import { createServer } from "../src/index.ts";
import { fits, isDescribed } from "./described.ts";
import { chunks, post, question, randomPair, sayingModel, served } from "./doubles.ts";

const { target, draft } = randomPair();
const app = createServer({ models: [served(target, draft)] });
const page = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");
const document = openApi();
const get = async (path: string): Promise<unknown> => (await app.request(path)).json();

describe("the description of the API", () => {
  test("is served as JSON, and refers only to what it has", async () => {
    assert.deepEqual(await get("/openapi.json"), JSON.parse(JSON.stringify(document)));
    const text = JSON.stringify(document);
    const found = [...text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)];
    assert.ok(found.length > 10);
    for (const [, kind, name = ""] of found)
      assert.ok(Object.hasOwn(document.components[kind as "schemas"], name), name);
    assert.doesNotMatch(text, /\$defs/);
  });

  test("is a document of OpenAPI 3.1 by the schema that OpenAPI publishes", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    assert.deepEqual([valid, errors], [true, undefined]);
  });

  test("has every route and every method, each in the reference", () => {
    const routes = app.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
    assert.ok(routes.length >= 9);
    for (const { path, method } of routes) {
      const described = path.replace(/:(\w+)\{.*\}/, "{$1}");
      assert.ok(Object.hasOwn(document.paths[described] ?? {}, method.toLowerCase()), `${method} ${described}`);
      assert.ok(page.includes(`\`${method} ${described}\``), `docs/api.md: ${method} ${described}`);
    }
  });

  test("has a note for every field of a request, and the reference has a row for it", () => {
    for (const [name, { properties }] of Object.entries(document.components.schemas)) {
      if (!name.endsWith("Request")) continue;
      for (const [field, { description }] of Object.entries(properties as Record<string, { description?: string }>)) {
        assert.equal(description, fieldNotes[field] ?? assert.fail(`${name}.${field}`));
        assert.match(page, new RegExp(`^\\| [^|]*\`${field}\``, "m"), `docs/api.md: ${field}`);
      }
    }
  });

  test("allows the requests that the server answers, and not those that it refuses", async () => {
    const schema = { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } };
    const tool = { type: "function", function: { name: "f", parameters: {}, strict: true } };
    const good: readonly object[] = [
      {},
      { n: 2, logprobs: true, top_logprobs: 2, seed: 1 },
      { stop: "a", stream: false },
      { stop: ["a", "b"], logit_bias: { "5": -100 }, response_format: { type: "json_object" } },
      { response_format: schema, max_tokens: 200 },
      { messages: [{ role: "user", content: [{ type: "text", text: "a" }] }], user: "me" },
      { speculative: { policy: { type: "or", any: ["strict"] }, draft_tokens: 4, trace: true } },
      { temperature: null, stop: null, tools: null },
      { tools: [tool], tool_choice: "required", parallel_tool_calls: false },
      { tools: [tool], tool_choice: { type: "function", function: { name: "f" } } },
    ];
    const bad: readonly object[] = [
      { n: 0 },
      { n: "2" },
      { logprobs: 1 },
      { top_logprobs: 21 },
      { stop: 5 },
      { stop: ["a", "b", "c", "d", "e"] },
      { logit_bias: { "5": 101 } },
      { response_format: { type: "xml" } },
      { messages: [] },
      { messages: [{ role: "wizard", content: "x" }] },
      { speculative: { polcy: "strict" } },
      { frequency_penalty: 3 },
      { tool_choice: "always" },
      { tool_choice: { type: "allowed_tools", allowed_tools: {} } },
      { max_tokens: 0 },
    ];
    for (const [bodies, status] of [
      [good, 200],
      [bad, 400],
    ] as const) {
      for (const body of bodies) {
        assert.equal((await post(app, { max_tokens: 4, ...body })).status, status, JSON.stringify(body));
        const whole = { messages: question, ...body };
        assert.equal(fits("ChatCompletionRequest", whole), status === 200, JSON.stringify(body));
      }
    }
  });

  test("is of the other answers too", async () => {
    isDescribed("ModelList", await get("/v1/models"));
    isDescribed("Model", await get("/v1/models/double"));
    isDescribed("PolicyList", await get("/v1/policies"));
    isDescribed("Health", await get("/health"));
    isDescribed("Error", await get("/v1/nothing"));
    for (const [path, request, answer, body] of [
      ["/tokenize", "TokenizeRequest", "Tokens", { prompt: "a", return_token_strs: true }],
      ["/detokenize", "DetokenizeRequest", "Text", { tokens: [5] }],
    ] as const) {
      isDescribed(request, body);
      const headers = { "content-type": "application/json" };
      const response = await app.request(path, { method: "POST", body: JSON.stringify(body), headers });
      isDescribed(answer, await response.json());
    }
  });

  test("would not be of an answer with a field more, or with one missing", async () => {
    const answer = (await (await post(app, { max_tokens: 3 })).json()) as Record<string, unknown>;
    assert.ok(fits("ChatCompletion", answer));
    assert.ok(!fits("ChatCompletion", { ...answer, surprise: 1 }));
    assert.ok(!fits("ChatCompletion", { ...answer, usage: undefined }));
  });

  test("is of answers with everything in them, whole and streamed", async () => {
    const model = served(target, draft);
    const policies = [
      { type: "ledger", of: { type: "kl", threshold: 1 }, budget: 2 },
      { type: "shadow", of: { type: "sd" }, candidates: [{ type: "kl", threshold: 0.4 }] },
      "judi",
    ];
    for (const policy of policies) {
      const body = { seed: 1, logprobs: true, top_logprobs: 2, speculative: { policy, trace: true }, max_tokens: 20 };
      const both = createServer({ models: [model] });
      for (const n of [1, 2]) {
        const response = await post(both, { ...body, n });
        assert.equal(response.status, 200, await response.clone().text());
        await chunks(await post(both, { ...body, n, stream: true, stream_options: { include_usage: true } }));
      }
    }
    const broken = createServer({
      models: [served({ ...sayingModel("a"), open: () => Promise.reject(new Error("x")) })],
      onFailure: () => {},
    });
    assert.equal((await post(broken, {})).status, 500);
  });
});
