import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRegistry } from "@lenity/core";
import { createServer, type PolicyList } from "../src/index.ts";
import { bytes, post, randomPair, reply, served } from "./doubles.ts";

const { target, draft } = randomPair();
const registry = defaultRegistry({ tokenizer: bytes });
const app = createServer({ models: [served(target, draft, { registry })] });

test("GET /v1/policies lists every preset and verifier, with options as JSON Schema", async () => {
  const list = (await (await app.request("/v1/policies")).json()) as PolicyList;
  assert.deepEqual(
    list.presets.map(({ name }) => name),
    registry.presets.map(({ name }) => name),
  );
  assert.deepEqual(
    list.verifiers.map(({ type }) => type),
    registry.plugins.map(({ name }) => name),
  );
  const kl = list.verifiers.find(({ type }) => type === "kl") as PolicyList["verifiers"][number];
  assert.deepEqual([kl.law, kl.needs, kl.strict], ["mixture", { draftRows: true }, { threshold: 0 }]);
  const { properties, required } = kl.options as { properties: Record<string, object>; required: string[] };
  assert.deepEqual(required, ["threshold"]);
  assert.deepEqual(properties["max_confidence"], { type: "number", minimum: 0, maximum: 1 });
});

test("the policies of an unknown model are not found", async () => {
  assert.equal((await app.request("/v1/policies?model=none")).status, 404);
});

test("every verifier of the list answers over HTTP with its example, at a temperature that it is defined for", async () => {
  const list = (await (await app.request("/v1/policies")).json()) as PolicyList;
  for (const { type, example, needs } of list.verifiers) {
    const speculative = { policy: { type, ...example }, draft_tokens: 4 };
    const answer = await reply(app, {
      max_tokens: 12,
      seed: 1,
      temperature: needs.mode === "sampled" ? 1 : 0,
      speculative,
    });
    assert.equal(answer.metrics?.acceptance.law !== undefined, true, type);
  }
});

test("a policy nested three deep works over HTTP, and a mistake at its bottom is named by its path", async () => {
  const nested = (threshold: object) => ({
    type: "shadow",
    of: {
      type: "or",
      any: [
        { type: "sd" },
        {
          type: "when",
          condition: { max_confidence: 0.9 },
          then: {
            type: "and",
            all: [
              { type: "topk", k: 4, delta: 0.5 },
              { type: "kl", ...threshold },
            ],
          },
        },
      ],
    },
    candidates: ["block"],
  });
  const answer = await reply(app, {
    max_tokens: 20,
    temperature: 0,
    speculative: { policy: nested({ threshold: 2 }), draft_tokens: 4 },
  });
  assert.ok(answer.metrics?.acceptance.shadow?.["block"] !== undefined);
  const body = JSON.stringify({
    messages: [{ role: "user", content: "?" }],
    speculative: { policy: nested({ treshold: 2 }) },
  });
  const refused = await post(app, body);
  assert.equal(refused.status, 400);
  assert.match(
    ((await refused.json()) as { error: { message: string } }).error.message,
    /policy\.of\.any\[1\]\.then\.all\[1\].*"treshold"/,
  );
});

test("a ledger says what it spent, and is refused at temperature 0 with the reason", async () => {
  const speculative = {
    policy: { type: "ledger", budget: 2, of: { type: "kl", threshold: 3, rows: "processed" } },
    draft_tokens: 6,
  };
  const { metrics } = await reply(app, { max_tokens: 40, temperature: 1, seed: 5, speculative });
  const ledger = metrics?.acceptance.ledger;
  assert.ok(ledger !== undefined && ledger.budget === 2 && ledger.spent > 0 && ledger.spent <= 2);
  const body = JSON.stringify({ messages: [{ role: "user", content: "?" }], temperature: 0, speculative });
  const refused = await post(app, body);
  assert.equal(refused.status, 400);
  assert.match(((await refused.json()) as { error: { message: string } }).error.message, /temperature above 0/);
});
