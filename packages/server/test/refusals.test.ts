import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRegistry, defaultRegistry, judgePlugin } from "@lenity/core";
import { createServer } from "../src/index.ts";
import { post, question, queueOf, type Reply, reply, sayingModel, served, textOf } from "./doubles.ts";

const target = sayingModel("It is 5.", { contextLength: 60 });
const head = { hidden: "pre-norm", weight: [1], bias: 0 } as const;
const registry = defaultRegistry({ judge: head });
const call = { type: "function", function: { name: "f" } };
const app = createServer({ models: [served(target, sayingModel("It is 6."), { registry })], maxBodyBytes: 5000 });

/** Fails unless each body is answered with this status, this param, and a message that matches; streamed or not. */
async function refused(
  status: number,
  cases: readonly (readonly [body: object | string, param: string | null, message: RegExp])[],
): Promise<void> {
  for (const [body, param, message] of cases) {
    for (const given of typeof body === "string" ? [body] : [body, { stream: true, ...body }]) {
      const response = await post(app, given);
      const { error } = (await response.json()) as Reply;
      const what = JSON.stringify(given).slice(0, 200);
      assert.equal(response.status, status, what);
      assert.match(response.headers.get("x-request-id") ?? "", /./);
      assert.deepEqual(Object.keys(error ?? {}), ["message", "type", "param", "code"], what);
      assert.equal(error?.param, param, what);
      assert.match(error?.message ?? "", message, what);
      assert.equal(typeof error?.code, "string", what);
    }
  }
  assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
}

describe("400 answers", () => {
  test("a body that is no JSON object", () =>
    refused(400, [
      ["", null, /is empty, which is not JSON; expected an object/],
      ["{", null, /not JSON/],
      ["[".repeat(4000), null, /nested deeper than 200 levels/],
      ["[]", null, /is an empty array; expected a JSON object/],
      ["null", null, /null; expected/],
      ['"hello"', null, /is "hello"; expected/],
      ["{}", "messages", /missing/],
    ]));

  test("drafts for a model that scores only last positions, which answers plainly when nobody asks for them", async () => {
    const plain = createServer({
      models: [served({ ...target, lastOnly: true }, undefined, { registry, draftTokens: 8 })],
    });
    const bodies = [{}, { speculative: {} }, { speculative: { policy: "judi" } }, { speculative: { draft_tokens: 0 } }];
    for (const body of bodies) {
      const answer = await reply(plain, body);
      assert.equal(textOf(answer), "It is 5.");
      const { speculative_decoding, acceptance } = answer.metrics ?? {};
      assert.deepEqual(
        [speculative_decoding?.num_draft_tokens, speculative_decoding?.num_spec_tokens, acceptance?.law],
        [0, 0, "exact"],
      );
    }
    const response = await post(plain, { speculative: { draft_tokens: 4 } });
    const { error } = (await response.json()) as Reply;
    assert.deepEqual([response.status, error?.param, error?.code], [400, "speculative.draft_tokens", "unsupported"]);
    assert.match(
      error?.message ?? "",
      /scores only the last position of a block\. Set the number of draft tokens to 0 for plain decoding/,
    );
  });

  test("a body that is no UTF-8", async () => {
    const response = await post(app, "", { body: new Uint8Array([0x22, 0xff, 0x22]) });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /UTF-8/);
  });

  test("messages that are none", () =>
    refused(400, [
      [{ messages: [] }, "messages", /^messages is an empty array; expected at least 1 item\.$/],
      [{ messages: "hello" }, "messages", /"hello"; expected an array/],
      [{ messages: ["hello"] }, "messages[0]", /"hello"; expected an object/],
      [{ messages: [{ content: "x" }] }, "messages[0].role", /missing/],
      [
        { messages: [{ role: "wizard", content: "x" }] },
        "messages[0].role",
        /"wizard"; expected "system", "developer", "user", "assistant" or "tool"\./,
      ],
      [{ messages: [{ role: "function", content: "x" }] }, "messages[0].role", /"function"/],
      [{ messages: [...question, { role: "assistant" }] }, "messages[1].content", /missing/],
      [
        { messages: [{ role: "user", content: 5 }] },
        "messages[0].content",
        /5; expected a string or an array of parts\./,
      ],
      [{ messages: [{ role: "user", content: null }] }, "messages[0].content", /null; expected a string/],
      [
        { messages: [{ role: "user", content: [] }] },
        "messages[0].content",
        /an empty array; expected at least 1 item/,
      ],
      [
        { messages: [{ role: "user", content: [{ type: "image_url" }] }] },
        "messages[0].content[0].type",
        /"image_url"; expected "text"/,
      ],
      [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text", /missing/],
      [{ messages: [{ role: "assistant", tool_calls: [{}] }] }, "messages[0].tool_calls[0].function", /missing/],
      [
        { messages: [{ role: "user", content: "x", tool_calls: [call] }] },
        "messages[0].role",
        /"user"; expected "assistant", because only its messages can have tool_calls/,
      ],
      [{ tools: "all" }, "tools", /"all"; expected an array/],
      [{ tools: [{ type: "function" }] }, "tools[0].function", /missing/],
      [{ tools: [{ type: "web" }] }, "tools[0].type", /"web"; expected "function"/],
    ]));

  test("messages that the template refuses, in its own words", () =>
    refused(400, [
      [
        { messages: [...question, { role: "system", content: "<|end|>" }] },
        "messages",
        /The system message comes first/,
      ],
    ]));

  test("settings out of range", () =>
    refused(400, [
      [{ temperature: -1 }, "temperature", /-1; expected at least 0/],
      [{ temperature: "hot" }, "temperature", /"hot"; expected a number/],
      [{ top_p: -0.1 }, "top_p", /-0\.1; expected at least 0/],
      [{ top_p: 1.1 }, "top_p", /1\.1; expected at most 1/],
      [{ top_k: 1.5 }, "top_k", /1\.5; expected a whole number/],
      [{ min_p: 2 }, "min_p", /2; expected at most 1/],
      [{ max_tokens: 0 }, "max_tokens", /0; expected at least 1/],
      [{ max_completion_tokens: -3 }, "max_completion_tokens", /-3/],
      [{ seed: 0.5 }, "seed", /0\.5; expected a whole number/],
      [{ stop: "" }, "stop", /^stop is an empty string; expected at least 1 character\.$/],
      [{ stop: ["a", ""] }, "stop[1]", /an empty string; expected at least 1 character/],
      [{ stop: ["a", "b", "c", "d", "e"] }, "stop", /^stop is an array of 5 items; expected at most 4 items\.$/],
      [{ stop: 5 }, "stop", /5; expected a string or an array of strings/],
      [{ model: 5 }, "model", /5; expected a string/],
      [{ stream: "yes" }, "stream", /"yes"; expected true or false/],
      [{ stream: false, stream_options: { include_usage: true } }, "stream_options", /without stream/],
      [
        { stream: true, stream_options: { include_usage: 1 } },
        "stream_options.include_usage",
        /1; expected true or false/,
      ],
    ]));

  test("a choice of tools that is none, or names one that is not there", () => {
    const f = { type: "function", function: { name: "f" } };
    return refused(400, [
      [{ tool_choice: "required" }, "tool_choice", /asks for a call, and there are no tools/],
      [{ tool_choice: f }, "tool_choice", /asks for a call, and there are no tools/],
      [{ tools: [f], tool_choice: "always" }, "tool_choice", /"always"; expected "none", "auto", "required" or/],
      [
        { tools: [f], tool_choice: { type: "allowed_tools" } },
        "tool_choice.type",
        /"allowed_tools"; expected "function"/,
      ],
      [
        { tools: [f], tool_choice: { type: "function", function: { name: "g" } } },
        "tool_choice.function.name",
        /names the function "g"; tools has "f"\./,
      ],
      [{ tools: [f], parallel_tool_calls: "no" }, "parallel_tool_calls", /"no"; expected true or false/],
    ]);
  });

  test("tools that cannot be called", () => {
    const tool = (fields: object) => ({ tools: [{ type: "function", function: { name: "f", ...fields } }] });
    const path = "tools[0].function.parameters";
    return refused(400, [
      [tool({ name: "a b" }), "tools[0].function.name", /"a b"; expected 1 to 128 letters/],
      [{ tools: [tool({}), tool({})].flatMap(({ tools }) => tools) }, "tools[1].function.name", /no other tool has/],
      [tool({ strict: "yes" }), "tools[0].function.strict", /"yes"; expected true or false/],
      [tool({ parameters: { type: "string" } }), `${path}.type`, /is "string"; expected "object".*strict: false/],
      [
        tool({ parameters: { properties: { x: { type: "number", multipleOf: 0.5 } } } }),
        `${path}.properties.x.multipleOf`,
        /multipleOf.*strict: false/,
      ],
    ]);
  });

  test("a `speculative` that is misspelt or out of range", () =>
    refused(400, [
      [
        { speculative: { polcy: "strict" } },
        "speculative.polcy",
        /no option "polcy"\. Did you mean "policy"\? Known: policy, draft_tokens/,
      ],
      [{ speculative: { draftTokens: 4 } }, "speculative.draftTokens", /Did you mean "draft_tokens"/],
      [{ speculative: { banana: 1 } }, "speculative.banana", /no option "banana"\. Known/],
      [{ speculative: "judi" }, "speculative", /"judi"; expected an object/],
      [{ speculative: { draft_tokens: -1 } }, "speculative.draft_tokens", /-1; expected at least 0/],
      [{ speculative: { draft_tokens: 1025 } }, "speculative.draft_tokens", /1025; expected at most 1024/],
      [{ speculative: { draft_tokens: 1.5 } }, "speculative.draft_tokens", /1.5/],
      [{ speculative: { trace: "yes" } }, "speculative.trace", /"yes"; expected true or false/],
      [
        { speculative: { drafter: "modle" } },
        "speculative.drafter",
        /no drafter "modle"\. Did you mean "model"\? Known: model, lookup/,
      ],
      [{ speculative: { drafter: "constructor" } }, "speculative.drafter", /Known: model, lookup/],
    ]));

  test("an unknown drafter, by a code of its own", async () => {
    const { error } = (await (await post(app, { speculative: { drafter: "modle" } })).json()) as Reply;
    assert.equal(error?.code, "unknown_drafter");
  });

  test("a policy that is not of the grammar, with the path of what is wrong", async () => {
    const bad = (policy: unknown, message: RegExp) =>
      [{ speculative: { policy } }, "speculative.policy", message] as const;
    await refused(400, [
      bad("jodi", /unknown preset "jodi"\. Did you mean "judi"/),
      bad({ type: "klx", threshold: 1 }, /speculative\.policy\.type names the unknown verifier "klx"/),
      bad({ type: "kl", treshold: 1 }, /speculative\.policy/),
      bad(
        { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: -1 }] },
        /speculative\.policy\.any\[1\]\.threshold/,
      ),
      bad({ type: "kl", threshold: 1, max_confidnce: 1 }, /no option "max_confidnce"\. Did you mean "max_confidence"/),
      bad(5, /5; expected a preset's name/),
      bad([], /policy is an empty array; expected a preset's name/),
      bad({ type: "or", any: [] }, /speculative\.policy\.any is an empty array; expected at least 1 item\./),
    ]);
  });

  test("a policy too long to check in every round", async () => {
    const wide = createServer({ models: [served(target)] });
    const policy = { type: "or", any: Array.from({ length: 1000 }, () => ({ type: "exact" })) };
    const deep = `${'{"type":"or","any":['.repeat(2000)}"strict"${"]}".repeat(2000)}`;
    for (const [given, message] of [
      [JSON.stringify(policy), /policy is \d+ characters long/],
      [deep, /nested deeper/],
    ] as const) {
      const response = await post(
        wide,
        `{"messages": ${JSON.stringify(question)}, "speculative": {"policy": ${given}}}`,
      );
      assert.equal(response.status, 400);
      assert.match(await response.text(), message);
    }
  });

  test("a policy that the model or the drafter cannot feed", () =>
    refused(400, [
      [
        { speculative: { policy: "judge" } },
        "speculative.policy",
        /reads pre-norm hidden states, which table does not return/,
      ],
      [{ speculative: { policy: "judi", drafter: "lookup" } }, "speculative.policy", /only proposes tokens/],
    ]));

  test("a policy that a plugin refuses with an error of the language", async () => {
    const post_ = judgePlugin({ ...head, hidden: "post-norm" });
    const twice = createRegistry([...registry.plugins, { ...post_, name: "second" }], registry.presets);
    const server = createServer({ models: [served(target, target, { registry: twice })] });
    const policy = { type: "or", any: [{ type: "judge" }, { type: "second" }] };
    assert.match(await (await post(server, { speculative: { policy } })).text(), /one kind of hidden state/);
  });

  test("a drafter, or drafted tokens, of a model that has none", async () => {
    const server = createServer({ models: [served(target, target, { drafters: {} })] });
    assert.equal((await reply(server, {})).metrics?.speculative_decoding.num_spec_tokens, 0);
    for (const speculative of [{ drafter: "model" }, { draft_tokens: 4 }]) {
      assert.equal((await post(server, { speculative })).status, 400);
    }
  });

  test("a drafter of another vocabulary", async () => {
    const other = { ...target, vocabulary: 9 };
    const server = createServer({ models: [served(target, other)] });
    const response = await post(server, { stream: true });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /same vocabulary/);
  });

  test("a prompt longer than the context", async () => {
    const messages = [{ role: "user", content: "x".repeat(60) }];
    await refused(400, [[{ messages }, "messages", /has 64 tokens; table holds 60/]]);
    const { error } = (await (await post(app, { messages })).json()) as Reply;
    assert.equal(error?.code, "context_length_exceeded");
  });
});

describe("bad input", () => {
  test("gets 404 for an unknown model", () =>
    refused(404, [[{ model: "gpt-9" }, "model", /"gpt-9" does not exist\. Known: double/]]));

  test("never gives a 500, whatever JSON comes in whatever field", async () => {
    const values = [
      null,
      true,
      -1,
      1e300,
      "x",
      "",
      [],
      [[]],
      [null],
      {},
      { type: "or" },
      { type: "or", any: [{}] },
      { __proto__: null, length: 3 },
    ];
    const fields = [
      "model",
      "messages",
      "stream",
      "stream_options",
      "max_tokens",
      "stop",
      "seed",
      "tools",
      "tool_choice",
      "parallel_tool_calls",
      "n",
      "speculative",
      "temperature",
    ];
    const inner = ["policy", "draft_tokens", "drafter", "trace"].flatMap((key) =>
      values.map((value) => ({ speculative: { [key]: value } })),
    );
    const messages = ["role", "content"].flatMap((key) =>
      values.map((value) => ({ messages: [{ role: "user", content: "x", [key]: value }] })),
    );
    const outer = fields.flatMap((key) => values.map((value) => ({ [key]: value })));
    for (const body of [...outer, ...inner, ...messages]) {
      const { status } = await post(app, body);
      assert.ok([200, 400, 404].includes(status), `${status} for ${JSON.stringify(body)}`);
    }
  });
});
