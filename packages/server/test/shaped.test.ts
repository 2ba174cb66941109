/** Penalties, biases, the minimum length and the format of an answer: honoured, and the same with and without drafts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { control, post, queueOf, type Reply, randomPair, reply, sayingModel, served, textOf } from "./doubles.ts";

const { target, draft } = randomPair();
const app = createServer({ models: [served(target, draft)] });
const saying = createServer({ models: [served(sayingModel("aaaa bb"), sayingModel("aaaa cc"))] });
const byte = (text: string): string => String(text.charCodeAt(0));

const person = {
  type: "object",
  properties: { name: { type: "string", maxLength: 5 }, age: { type: "integer", minimum: 0, maximum: 99 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const schema = (schema: object) => ({
  response_format: { type: "json_schema", json_schema: { name: "it", strict: true, schema } },
});

/** Each field with a value that changes the answer. */
const fields: readonly object[] = [
  { frequency_penalty: 2 },
  { presence_penalty: 2 },
  { presence_penalty: -2 },
  { repetition_penalty: 1.8 },
  { logit_bias: { [byte("a")]: 8, [byte("e")]: 8, "3": -100 } },
  { min_tokens: 30, logit_bias: { [control("end")]: 9 } },
  { response_format: { type: "json_object" }, logit_bias: { [byte("}")]: 20 } },
  schema(person),
  { ...schema(person), frequency_penalty: 1.5, min_tokens: 20, logit_bias: { [byte("7")]: 5 } },
];

describe("an answer with a field that shapes its rows", () => {
  for (const field of fields) {
    test(`is the same under strict as in plain decoding: ${JSON.stringify(field).slice(0, 60)}`, async () => {
      const say = async (speculative: object, more: object = {}) => {
        const { choices, trace } = await reply(app, {
          ...{ temperature: 0, max_tokens: 60, seed: 1, ...field, ...more },
          speculative: { trace: true, ...speculative },
        });
        return { choices, ids: trace?.map(({ id }) => id) };
      };
      const plain = await say({ draft_tokens: 0 });
      for (const speculative of [
        { policy: "strict", draft_tokens: 1 },
        { policy: "strict", draft_tokens: 5 },
        { policy: "block" },
        { policy: "strict", drafter: "lookup" },
      ]) {
        assert.deepEqual(await say(speculative), plain, JSON.stringify(speculative));
      }
      const without = (await reply(app, { temperature: 0, max_tokens: 60 })).choices;
      assert.notDeepEqual(plain.choices, without);
    });
  }

  test("is of its form under every policy, at any temperature, and says so in a stream too", async () => {
    for (const policy of ["strict", "block", "judi", "bounded", { type: "threshold", accept: 0.001 }]) {
      for (const seed of [1, 2, 3]) {
        const text = textOf(await reply(app, { ...schema(person), seed, speculative: { policy } }));
        const { name, age } = JSON.parse(text) as { name: string; age: number };
        assert.ok(Array.from(name).length <= 5 && Number.isInteger(age) && age >= 0 && age <= 99, text);
      }
    }
  });
});

describe("a field that shapes rows", () => {
  test("does what its name says", async () => {
    const say = async (body: object) => textOf(await reply(saying, { temperature: 0, ...body }));
    assert.equal(await say({}), "aaaa bb");
    assert.equal(await say({ logit_bias: { [byte("a")]: -100, [byte("x")]: 1 } }), "xxxx bb");
    // The model ends after seven letters, and then has no other wish.
    const long = await reply(saying, { temperature: 0, min_tokens: 12, max_tokens: 40 });
    assert.ok((long.usage?.completion_tokens ?? 0) >= 12);
    assert.equal((await reply(saying, { temperature: 0, min_tokens: 3 })).usage?.completion_tokens, 8);
    // What a format says is complete ends all the same.
    const format = schema({ enum: ["yes", "no"] });
    const { choices } = await reply(saying, { ...format, temperature: 0, min_tokens: 12, max_tokens: 40 });
    assert.equal(choices[0]?.finish_reason, "stop");
    assert.match(choices[0]?.message?.content ?? "", /^"(yes|no)"$/);
  });

  test("draws what the grammar forces from no model", async () => {
    const forced = { type: "object", properties: { a_long_name: { const: "and a value" } }, required: ["a_long_name"] };
    const body = { ...schema(forced), temperature: 0, speculative: { draft_tokens: 16 } };
    const { metrics, choices } = await reply(app, body);
    assert.equal(choices[0]?.message?.content, '{"a_long_name":"and a value"}');
    assert.equal(metrics?.speculative_decoding.num_spec_steps, 3);
    // All but the first token, which the prompt's pass gave, and the last one of a full block.
    assert.equal(metrics?.speculative_decoding.num_draft_tokens, 30 - 2);
  });

  test("may be null, and a value that changes nothing leaves the answer as it is", async () => {
    const plain = textOf(await reply(app, { temperature: 0 }));
    for (const field of [
      { frequency_penalty: 0, presence_penalty: 0, repetition_penalty: 1, min_tokens: 0, logit_bias: {} },
      { response_format: { type: "text" } },
      { response_format: null, logit_bias: null, min_tokens: null, repetition_penalty: null },
    ])
      assert.equal(textOf(await reply(app, { temperature: 0, ...field })), plain);
  });
});

describe("a 400 answers", () => {
  const refused = async (body: object, param: string | null, message: RegExp, code?: string) => {
    for (const given of [body, { ...body, stream: true }]) {
      const response = await post(app, given);
      const { error } = (await response.json()) as Reply;
      assert.equal(response.status, 400, JSON.stringify(given));
      assert.equal(error?.param, param);
      assert.match(error?.message ?? "", message);
      if (code !== undefined) assert.equal(error?.code, code);
    }
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  };

  test("a setting out of range, and the id of no token", async () => {
    await refused({ frequency_penalty: 2.1 }, "frequency_penalty", /2\.1; expected at most 2\./);
    await refused({ presence_penalty: "1" }, "presence_penalty", /"1"; expected a number/);
    await refused({ repetition_penalty: 0 }, "repetition_penalty", /0; expected at least 0\.01/);
    await refused({ min_tokens: -1 }, "min_tokens", /-1; expected at least 0/);
    await refused({ min_tokens: 41 }, "min_tokens", /41; expected at most 40, the most tokens that the request allows/);
    await refused({ logit_bias: { "5": 101 } }, "logit_bias.5", /101; expected at most 100/);
    for (const id of ["262", "-1", "1.5", "a", "", "1e2", "05", "99999999999999999999"]) {
      await refused({ logit_bias: { [id]: 1 } }, "logit_bias", /expected ids of tokens, 0 to 261\.$/);
    }
    assert.equal((await post(app, { logit_bias: { "261": 1 } })).status, 200);
  });

  test("a format that is none", async () => {
    await refused({ response_format: "json" }, "response_format", /"json"; expected an object/);
    await refused({ response_format: {} }, "response_format.type", /is missing/);
    await refused({ response_format: { type: "xml" } }, "response_format.type", /expected "text", "json_object" or/);
    const named = { type: "json_schema", json_schema: { name: "it" } };
    await refused({ response_format: named }, "response_format.json_schema.schema", /is missing/);
    await refused({ response_format: { type: "json_schema" } }, "response_format.json_schema", /is missing/);
  });

  test("a schema that no grammar can follow, with the place in it", async () => {
    const at = (place: string) => `response_format.json_schema.schema.${place}`;
    const price = { type: "object", properties: { price: { type: "number", multipleOf: 0.01 } } };
    await refused(schema(price), at("properties.price.multipleOf"), /multipleOf is not supported/, "unsupported");
    const misspelt = { type: "object", propertys: {} };
    await refused(schema(misspelt), at("propertys"), /no keyword .* Did you mean "properties"/, "invalid_request");
    const large = { type: "string", pattern: "^(.{1,1000}x.{1,1000}){1000}$" };
    await refused(schema(large), at("pattern"), /too large/, "invalid_request");
    const endless = { $ref: "#" };
    await refused(schema(endless), "response_format.json_schema.schema", /no value|itself/);
  });

  test("fields that together leave no token, in words", async () => {
    const banned = Object.fromEntries(Array.from({ length: 262 }, (_, id) => [String(id), -100]));
    await refused({ logit_bias: banned }, null, /rule out every token/);
  });

  test("a grammar for a tokenizer without bytes", async () => {
    const { bytes: _, ...tokenizer } = served(target).tokenizer;
    const blind = createServer({ models: [served(target, draft, { tokenizer })] });
    const response = await post(blind, { response_format: { type: "json_object" } });
    const { error } = (await response.json()) as Reply;
    assert.deepEqual([response.status, error?.param, error?.code], [400, "response_format", "unsupported"]);
  });
});

test("a tokenizer with more ids than the model still has grammars and biases", async () => {
  const fewer = { ...target, vocabulary: 262 };
  const tokenizer = { ...served(target).tokenizer, vocabulary: 400 };
  const other = createServer({ models: [served(fewer, draft, { tokenizer })] });
  JSON.parse(textOf(await reply(other, schema(person))));
  const response = await post(other, { logit_bias: { "300": 1 } });
  assert.equal(response.status, 400);
  assert.ok(control("end") < 262);
});
