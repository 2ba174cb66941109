/** Values at the edges of OpenAI's protocol. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { seedOf } from "../src/request/seed.ts";
import {
  bytes,
  chunks,
  post,
  question,
  type Reply,
  randomPair,
  reply,
  sayingModel,
  served,
  textOf,
} from "./doubles.ts";

describe("sampling", () => {
  const { target, draft } = randomPair();
  const app = createServer({ models: [served(target, draft)] });
  const say = async (body: object) => textOf(await reply(app, body));

  test("top_p 0 leaves the most probable token, drafted or not", async () => {
    for (const draft_tokens of [0, 4]) {
      const speculative = { draft_tokens };
      for (let seed = 0; seed < 5; seed++) {
        assert.equal(await say({ top_p: 0, seed, speculative }), await say({ temperature: 0, speculative }));
      }
    }
  });

  test("top_k −1 keeps all tokens, as 0 does", async () => {
    assert.equal(await say({ top_k: -1, seed: 3 }), await say({ top_k: 0, seed: 3 }));
    assert.equal((await post(app, { top_k: -2 })).status, 400);
  });

  test("a seed is any integer, and the same one gives the same text", async () => {
    // As text, because some have no exact number in JavaScript.
    const seeds = [
      "0",
      "-7",
      "9007199254740993",
      "9223372036854775807",
      "-9223372036854775808",
      "18446744073709551615",
      "1e300",
    ];
    const texts = new Map<string, string>();
    for (const seed of seeds) {
      const body = `{"messages": ${JSON.stringify(question)}, "max_tokens": 40, "seed": ${seed}}`;
      const [first, again] = await Promise.all(
        [0, 1].map(async () => textOf((await (await post(app, body)).json()) as Reply)),
      );
      assert.equal(first, again, seed);
      texts.set(seed, first ?? "");
    }
    assert.ok(new Set(texts.values()).size > 4);
  });

  test("a seed above all safe integers becomes one of them, near ones different ones", () => {
    for (const seed of [0, 1, -1, 2 ** 53 - 1, 1 - 2 ** 53]) assert.equal(seedOf(seed), seed);
    const long = Array.from({ length: 1000 }, (_, i) => 2 ** 63 - 1024 * (i + 1));
    const folded = [...long, ...long.map((seed) => -seed)].map(seedOf);
    assert.ok(folded.every(Number.isSafeInteger));
    assert.equal(new Set(folded).size, 2000);
    assert.ok(Number.isSafeInteger(seedOf(Number.MAX_VALUE)));
  });

  test("a seed that is no integer is refused, too large to read included", async () => {
    for (const [seed, message] of [
      ["0.5", /^seed is 0\.5; expected a whole number\.$/],
      ["1e999", /^seed is a number too large to read; expected /],
      ['"7"', /^seed is "7"; expected a number\.$/],
    ] as const) {
      const response = await post(app, `{"messages": ${JSON.stringify(question)}, "seed": ${seed}}`);
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as Reply).error?.message ?? "", message);
    }
  });
});

describe("an assistant's earlier message", () => {
  const prompts: string[] = [];
  const target = sayingModel("ok");
  const watched = {
    ...target,
    open(options: Parameters<typeof target.open>[0]) {
      prompts.push(bytes.decode(options?.prompt ?? [], { special: true }));
      return target.open(options);
    },
  };
  const app = createServer({ models: [served(watched)] });
  const promptOf = async (message: object): Promise<string | undefined> => {
    prompts.length = 0;
    const messages = [{ role: "user", content: "a" }, message, { role: "user", content: "b" }];
    assert.equal(
      (await post(app, { messages, speculative: { draft_tokens: 0 } })).status,
      200,
      JSON.stringify(message),
    );
    return prompts[0]?.split("<|assistant|>")[1]?.split("<|end|>")[0];
  };

  test("may be a refusal, as a part or beside content that is null", async () => {
    const refusal = "I cannot help with that.";
    for (const message of [
      { content: [{ type: "refusal", refusal }] },
      { content: null, refusal },
      { refusal },
      { content: refusal, refusal: null },
      {
        content: [
          { type: "text", text: "I cannot " },
          { type: "refusal", refusal: "help with that." },
        ],
      },
    ]) {
      assert.equal(await promptOf({ role: "assistant", ...message }), refusal);
    }
  });

  test("may have no content at all", async () => {
    for (const message of [
      { content: null },
      { content: null, tool_calls: [] },
      { content: null, tool_calls: null },
      { content: "" },
    ]) {
      assert.equal(await promptOf({ role: "assistant", ...message }), "");
    }
  });

  test("comes back as a client got it", async () => {
    const answer = await reply(app, {});
    assert.equal(await promptOf(answer.choices[0]?.message ?? assert.fail()), "ok");
  });

  test("is the only one that may refuse or say nothing", async () => {
    for (const [message, path] of [
      [{ role: "user", content: null }, "messages[0].content"],
      [{ role: "tool", content: null }, "messages[0].content"],
      [{ role: "user", content: "x", refusal: "no" }, "messages[0].refusal"],
      [{ role: "user", content: [{ type: "refusal", refusal: "no" }] }, "messages[0].content[0].type"],
      [{ role: "assistant", content: null, refusal: 5 }, "messages[0].refusal"],
    ] as const) {
      const response = await post(app, { messages: [message] });
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as Reply).error?.param, path);
    }
  });
});

test("usage is null on the chunks before the last, where it was asked for", async () => {
  const app = createServer({ models: [served(sayingModel("It is 5."))] });
  const { all } = await chunks(await post(app, { stream: true, stream_options: { include_usage: true } }));
  assert.ok(all.length > 2);
  assert.deepEqual(
    all.slice(0, -1).map(({ usage }) => usage),
    all.slice(0, -1).map(() => null),
  );
  assert.equal(all.at(-1)?.usage?.completion_tokens, 9);
  for (const stream_options of [null, { include_usage: false }]) {
    const { all } = await chunks(await post(app, { stream: true, stream_options }));
    assert.ok(all.every((chunk) => !("usage" in chunk)));
  }
});
