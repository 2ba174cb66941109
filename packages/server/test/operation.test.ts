import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer, type LogEntry } from "../src/index.ts";
import { delayed, post, randomPair, reply, sayingModel, served } from "./doubles.ts";

const textOf = async (response: Response | Promise<Response>) => (await response).text();

/** The value of each line of /metrics. */
async function metricsOf(app: ReturnType<typeof createServer>): Promise<Map<string, number>> {
  const lines = (await textOf(app.request("/metrics"))).split("\n").filter((line) => /^[^#]/.test(line));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ""), Number(line.replace(/.* /, ""))]));
}

describe("/metrics", () => {
  test("adds up the answers of each policy, the lossy ones marked by their law", async () => {
    const { target, draft } = randomPair();
    const app = createServer({ models: [served(target, draft)] });
    const sums: Record<string, { generated: number; accepted: number; relaxed: number; drafts: number }> = {};
    for (const [policy, law] of [
      ["strict", "exact"],
      ["judi", "mixture"],
    ] as const) {
      const sum = (sums[`policy="${policy}",law="${law}"`] = { generated: 0, accepted: 0, relaxed: 0, drafts: 0 });
      for (let seed = 0; seed < 4; seed++) {
        const { usage, metrics } = await reply(app, { seed, speculative: { policy } });
        assert.equal(metrics?.acceptance.law, law);
        sum.generated += usage?.completion_tokens ?? 0;
        sum.accepted += metrics?.speculative_decoding.num_accepted_draft_tokens ?? 0;
        sum.drafts += metrics?.speculative_decoding.num_spec_steps ?? 0;
        sum.relaxed += metrics?.acceptance.relaxed ?? 0;
      }
    }
    const seen = await metricsOf(app);
    for (const [labels, sum] of Object.entries(sums)) {
      const value = (name: string) => seen.get(`lenity:${name}_total{model_name="double",${labels}}`);
      assert.deepEqual(
        {
          generated: value("generation_tokens"),
          accepted: value("spec_decode_num_accepted_tokens"),
          relaxed: value("relaxed_tokens"),
          drafts: value("spec_decode_num_drafts"),
        },
        sum,
      );
      const positions = [...seen].filter(([key]) => key.includes("per_pos") && key.includes(labels));
      assert.equal(
        positions.reduce((all, [, count]) => all + count, 0),
        sum.accepted,
      );
      assert.equal(seen.get(`lenity:e2e_request_latency_seconds_count{model_name="double",${labels}}`), 4);
    }
    assert.ok((sums['policy="judi",law="mixture"']?.relaxed ?? 0) > 0);
  });

  test("has one label for all policies that are no presets, and counts errors", async () => {
    const app = createServer({ models: [served(sayingModel("5"))] });
    for (const k of [1, 2, 3])
      await reply(app, { temperature: 0, speculative: { policy: { type: "topk", k, delta: 0.5 } } });
    await post(app, { temperature: "hot" });
    const seen = await metricsOf(app);
    const answers = [...seen].filter(([key]) => key.startsWith("lenity:request_success_total"));
    assert.equal(answers.length, 1);
    assert.match(answers[0]?.[0] ?? "", /policy="custom"/);
    assert.equal(answers[0]?.[1], 3);
    assert.equal(seen.get('lenity:request_errors_total{status="400",code="invalid_value"}'), 1);
    assert.deepEqual([seen.get("lenity:num_requests_running"), seen.get("lenity:num_requests_waiting")], [0, 0]);
  });
});

describe("the health", () => {
  const states = (state: "ready" | "restarting") => [{ state, sessions: 0, restarts: 0, keptBytes: 0 }];

  test("is live always, and ready while an engine runs and the server is not ending", async () => {
    const ending = new AbortController();
    let state: "ready" | "restarting" = "restarting";
    const target = {
      ...sayingModel("5"),
      get engines() {
        return states(state);
      },
    };
    const app = createServer({ models: [served(target)], ending: ending.signal });
    const statuses = async () => [
      (await app.request("/health/live")).status,
      (await app.request("/health/ready")).status,
    ];
    assert.deepEqual(await statuses(), [200, 503]);
    state = "ready";
    assert.deepEqual(await statuses(), [200, 200]);
    ending.abort();
    assert.deepEqual(await statuses(), [200, 503]);
  });
});

describe("the log", () => {
  test("has the requests and the answers, with one id, and none of their text", async () => {
    const entries: LogEntry[] = [];
    const secret = "the secret of the prompt";
    const app = createServer({
      models: [served(sayingModel("said"))],
      apiKeys: ["hidden key"],
      log: (entry) => entries.push(entry),
    });
    const headers = { authorization: "Bearer hidden", "x-request-id": "mine" };
    const body = { messages: [{ role: "user", content: secret }] };
    const keyed = createServer({ models: [served(sayingModel("said"))], log: (entry) => entries.push(entry) });
    assert.equal((await post(keyed, body, { headers })).headers.get("x-request-id"), "mine");
    assert.equal((await post(app, body, { headers })).status, 401);
    assert.deepEqual(
      entries.map((entry) => [entry.event, entry.request_id, entry.event === "request" ? entry.status : entry.policy]),
      [
        ["answer", "mine", "strict"],
        ["request", "mine", 200],
        ["request", "mine", 401],
      ],
    );
    const text = JSON.stringify(entries);
    for (const word of [secret, "said", "hidden"]) assert.ok(!text.includes(word), word);
  });
});

test("an answer that takes too long fails with 503, waiting included", async () => {
  const slow = delayed(
    sayingModel("5"),
    (_, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
  );
  const failures: unknown[] = [];
  const app = createServer({ models: [served(slow)], answerTimeout: 30, onFailure: (error) => failures.push(error) });
  for (const response of await Promise.all([post(app, {}), post(app, {})])) {
    assert.equal(response.status, 503);
    assert.match(await response.text(), /answer_timeout/);
  }
});

test("web pages of the origins that are named may read responses, errors too, and others may not", async () => {
  const app = createServer({ models: [served(sayingModel("5"))], corsOrigins: ["https://good.example"] });
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");
  for (const [origin, expected] of [
    ["https://good.example", "https://good.example"],
    ["https://bad.example", null],
  ] as const) {
    const ask = { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } };
    const preflight = await app.request("/v1/chat/completions", ask);
    assert.equal(allowed(preflight), expected);
    assert.equal(preflight.headers.get("access-control-allow-methods"), "GET,HEAD,POST");
    assert.equal(allowed(await post(app, {}, { headers: { origin } })), expected);
    assert.equal(allowed(await post(app, { temperature: "hot" }, { headers: { origin } })), expected);
  }
});
