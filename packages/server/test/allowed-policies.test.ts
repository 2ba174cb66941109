import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer, type PolicyList } from "../src/index.ts";
import { post, sayingModel, served } from "./doubles.ts";

const model = served(sayingModel("It is 5."));
const judi = { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.4, max_confidence: 0.9 }] };

describe("a server with an allow-list", () => {
  const app = createServer({ models: [model], policies: ["judi", "strict", "sd"] });
  const asked = async (policy: unknown) => {
    const response = await post(app, { speculative: { policy } });
    const { error } = (await response.json()) as { error?: { message: string; param: string } };
    return [response.status, error?.param, error?.message];
  };

  test("takes the presets and verifiers on it", async () => {
    for (const policy of ["judi", "strict", { type: "sd" }]) assert.equal((await asked(policy))[0], 200);
  });

  test("refuses others, also inside an expression, and names what is allowed", async () => {
    for (const [policy, name] of [
      ["block", "block"],
      [judi, "or"],
      [{ type: "kl", threshold: 1 }, "kl"],
    ] as const) {
      const why = `speculative.policy names ${name}, which is not allowed here. Allowed: judi, strict, sd.`;
      assert.deepEqual(await asked(policy), [400, "speculative.policy", why]);
    }
  });

  test("lists only those, and marks the lossy ones", async () => {
    const list = (await (await app.request("/v1/policies")).json()) as PolicyList;
    assert.deepEqual(
      [list.presets.map(({ name }) => name), list.verifiers.map(({ type }) => type)],
      [["strict", "judi"], ["sd"]],
    );
    const { data } = (await (await app.request("/v1/models")).json()) as { data: { presets: object[] }[] };
    assert.deepEqual(data[0]?.presets, [
      { name: "strict", law: "exact", lossy: false },
      { name: "judi", law: "mixture", lossy: true },
    ]);
  });

  test("does not start with a name that nothing has, or a default that is not allowed", () => {
    assert.throws(() => createServer({ models: [model], policies: ["strikt"] }), /"strikt" to allow.*strict/);
    assert.throws(
      () => createServer({ models: [{ ...model, policy: judi }], policies: ["strict"] }),
      /names or, which is not allowed here/,
    );
  });
});

describe("a key", () => {
  const app = createServer({
    models: [model],
    apiKeys: ["any", { key: "careful", name: "ward", policies: ["block"] }],
  });
  const ask = async (key: string, body: object) => {
    const response = await post(app, body, { headers: { authorization: `Bearer ${key}` } });
    const { metrics } = (await response.json()) as { metrics?: { acceptance: { policy: object } } };
    return [response.status, metrics?.acceptance.policy];
  };

  test("has policies of its own, and a default among them", async () => {
    assert.deepEqual(await ask("any", {}), [200, { type: "sd" }]);
    assert.deepEqual(await ask("careful", {}), [200, { type: "block" }]);
    assert.equal((await ask("any", { speculative: { policy: "judi" } }))[0], 200);
    assert.equal((await ask("careful", { speculative: { policy: "judi" } }))[0], 400);
    const list = await app.request("/v1/models", { headers: { authorization: "Bearer careful" } });
    assert.match(await list.text(), /"presets":\[\{"name":"block","law":"exact","lossy":false\}\]/);
  });

  test("must differ from the others, by its value and by its name", () => {
    for (const apiKeys of [
      ["a", "a"],
      [
        { key: "a", name: "x" },
        { key: "b", name: "x" },
      ],
      [{ key: "", name: "x" }],
    ])
      assert.throws(() => createServer({ models: [model], apiKeys }), /apiKeys/);
  });
});

test("a request for more than the operator allows is refused, and one for nothing in particular is capped", async () => {
  const app = createServer({ models: [{ ...model, maxTokens: 3, maxDraftTokens: 2 }] });
  for (const [body, param] of [
    [{ max_tokens: 4 }, "max_tokens"],
    [{ max_tokens: 2, max_completion_tokens: 4 }, "max_completion_tokens"],
    [{ max_tokens: 3, speculative: { draft_tokens: 3 } }, "speculative.draft_tokens"],
  ] as const) {
    const response = await post(app, body);
    const { error } = (await response.json()) as { error: { param: string; message: string } };
    assert.deepEqual([response.status, error.param], [400, param]);
    assert.match(error.message, /double is served with at most [23]\./);
  }
  const { usage, metrics } = (await (await post(app, { max_tokens: null })).json()) as {
    usage: { completion_tokens: number };
    metrics: { speculative_decoding: { num_spec_tokens: number } };
  };
  assert.deepEqual([usage.completion_tokens, metrics.speculative_decoding.num_spec_tokens], [3, 2]);
});
