/** No field of a request is ignored in silence: it is honoured, refused by name, or listed in a header. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openApi } from "../src/description/openapi.ts";
import { createServer } from "../src/index.ts";
import { unsupported, unsupportedInCompletions } from "../src/request/unsupported-fields.ts";
import { chunks, joined, post, question, type Reply, reply, sayingModel, served, textOf } from "./doubles.ts";

const app = createServer({ models: [served(sayingModel("It is 5."))] });
const ignored = async (body: object): Promise<string | null> => {
  const response = await post(app, body);
  assert.equal(response.status, 200, `${JSON.stringify(body)}: ${await response.clone().text()}`);
  return response.headers.get("x-lenity-ignored-fields");
};
const errorOf = async (body: object): Promise<NonNullable<Reply["error"]>> => {
  const response = await post(app, body);
  assert.equal(response.status, 400, JSON.stringify(body));
  return ((await response.json()) as Reply).error ?? assert.fail();
};

/** For each field, a value that would change the answer, and those that ask for what happens anyway. */
const dialects: Readonly<Record<string, Readonly<Record<string, readonly [unknown, ...unknown[]]>>>> = {
  OpenAI: {
    functions: [[{}], []],
    function_call: [{ name: "f" }, "none", "auto"],
    modalities: [["audio"], ["text"]],
    audio: [{}],
    web_search_options: [{}],
    reasoning_effort: ["high", "none"],
    verbosity: ["high", "medium"],
    store: [true, false],
    best_of: [3, 1],
    echo: [true, false],
    prompt: ["Hello"],
    max_output_tokens: [5],
  },
  vLLM: {
    ignore_eos: [true, false],
    stop_token_ids: [[2], []],
    include_stop_str_in_output: [true, false],
    bad_words: [["damn"], []],
    skip_special_tokens: [false, true],
    add_generation_prompt: [false, true],
    continue_final_message: [true, false],
    truncate_prompt_tokens: [5],
    prompt_logprobs: [1, null],
    chat_template: ["{{ messages }}"],
    chat_template_kwargs: [{ enable_thinking: true }, {}],
    structured_outputs: [{ regex: "a" }, {}],
    guided_json: [{}],
    guided_regex: ["a+"],
    guided_choice: [["a"]],
    guided_grammar: ["root ::= a"],
    cache_salt: ["mine"],
    priority: [5, 0],
  },
  SGLang: {
    regex: ["a+"],
    ebnf: ["root ::= a"],
    json_schema: ["{}"],
    max_new_tokens: [5],
    separate_reasoning: [false, true],
    return_hidden_states: [true, false],
  },
  "llama.cpp": {
    n_predict: [5, -1],
    grammar: ["root ::= a", ""],
    typical_p: [0.5, 1],
    mirostat: [2, 0],
    repeat_penalty: [1.1, 1],
    dry_multiplier: [0.8, 0],
    samplers: [["top_k"], []],
    n_probs: [3, 0],
    n_cmpl: [2, 1],
    "speculative.n_max": [4],
  },
  "LM Studio, Ollama and TGI": {
    draft_model: ["small"],
    options: [{ seed: 1 }, {}],
    num_predict: [5, -1],
    do_sample: [false, true],
  },
  "Anthropic and others": {
    system: ["Be brief."],
    stop_sequences: [["a"], []],
    thinking: [{ type: "enabled" }],
    enable_thinking: [true],
    random_seed: [4],
    extra_body: [{ top_k: 1 }, {}],
  },
};

describe("a field of another server's dialect", () => {
  for (const [dialect, fields] of Object.entries(dialects)) {
    test(`${dialect}: is refused by name where it would change the answer`, async () => {
      for (const [name, [value]] of Object.entries(fields)) {
        const { param, code, message } = await errorOf({ [name]: value });
        assert.deepEqual([param, code], [name, "unsupported_parameter"]);
        assert.ok(message.startsWith(`${name} with the value `), message);
        assert.match(message, / is not supported by this version of the server\. /);
      }
    });

    test(`${dialect}: is taken where it asks for what happens anyway, and is not called ignored`, async () => {
      for (const [name, [, ...values]] of Object.entries(fields)) {
        for (const value of [null, ...values]) assert.equal(await ignored({ [name]: value }), null, name);
      }
    });
  }

  test("is told with the value, and with the field to send in its place", async () => {
    assert.match(
      (await errorOf({ verbosity: "high" })).message,
      /with the value "high" is not supported .*\. Leave it out\.$/,
    );
    assert.match(
      (await errorOf({ stop_token_ids: [1, 2] })).message,
      /with the value an array of 2 items is not supported/,
    );
    assert.match((await errorOf({ n_predict: 5 })).message, /Send max_tokens\.$/);
    assert.match((await errorOf({ system: "x" })).message, /Send a message of the role system\.$/);
    assert.match((await errorOf({ repeat_penalty: 1.1 })).message, /Send repetition_penalty\.$/);
    assert.match((await errorOf({ response_format: { type: "json_object", schema: {} } })).message, /json_schema/);
  });

  test("is refused inside of messages and stream_options too, by its path", async () => {
    const said = (fields: object) => ({ messages: [...question, { role: "assistant", content: "It", ...fields }] });
    const streamed = (fields: object) => ({ stream: true, stream_options: fields });
    for (const [body, path] of [
      [said({ function_call: { name: "f" } }), "messages[1].function_call"],
      [said({ audio: { id: "a" } }), "messages[1].audio"],
      [said({ prefix: true }), "messages[1].prefix"],
      [streamed({ include_obfuscation: true }), "stream_options.include_obfuscation"],
      [streamed({ continuous_usage_stats: true }), "stream_options.continuous_usage_stats"],
    ] as const) {
      assert.equal((await errorOf(body)).param, path);
    }
    for (const fine of [
      said({ function_call: null, audio: null, prefix: false }),
      streamed({ include_obfuscation: false }),
    ]) {
      assert.equal(await ignored(fine), null);
    }
  });
});

describe("a field that changes nothing", () => {
  test("is ignored and listed, in a stream too; one that is null is not", async () => {
    const fields = {
      user: "me",
      metadata: { a: "b" },
      service_tier: "flex",
      prompt_cache_key: "k",
      safety_identifier: "s",
      banana: [1],
    };
    const names = "user, metadata, service_tier, prompt_cache_key, safety_identifier, banana";
    assert.equal(await ignored(fields), names);
    const response = await post(app, { ...fields, stream: true });
    assert.equal(response.headers.get("x-lenity-ignored-fields"), names);
    assert.match(response.headers.get("content-type") ?? "", /event-stream/);
    assert.equal(joined((await chunks(response)).all), "It is 5.");
    assert.equal(await ignored({ user: null, banana: null }), null);
    assert.equal(await ignored({}), null);
  });

  test("is listed once, by its path, wherever in the messages it stands", async () => {
    const part = { type: "text", text: "a", cache_control: { type: "ephemeral" } };
    const messages = [
      { role: "user", content: [part, part], id: "1" },
      { role: "assistant", content: "b", reasoning_content: "because", annotations: [], id: "2" },
      { role: "user", content: "c", id: "3" },
    ];
    const names = "stream_options.color, messages[].id, messages[].content[].cache_control, messages[].annotations";
    assert.equal(await ignored({ messages, stream: true, stream_options: { color: "red" } }), names);
  });

  test("is refused where its type is wrong", async () => {
    const strings = ["user", "service_tier", "safety_identifier", "prompt_cache_key", "request_id"];
    for (const name of strings) {
      for (const value of [5, [], {}, false]) assert.equal((await errorOf({ [name]: value })).param, name);
    }
    assert.equal((await errorOf({ user: 5 })).message, "user is 5; expected a string.");
    assert.equal((await errorOf({ metadata: [] })).message, "metadata is an empty array; expected an object.");
    assert.equal((await errorOf({ cache_prompt: 1 })).message, "cache_prompt is 1; expected true or false.");
    assert.equal((await errorOf({ ttl: "60" })).message, 'ttl is "60"; expected a number.');
    const annotated = [...question, { role: "assistant", content: "x", annotations: {} }];
    assert.equal(
      (await errorOf({ messages: annotated })).message,
      "messages[1].annotations is an empty object; expected an array.",
    );
  });

  test("has a name that no header can hold, or many have: the list stays short and safe", async () => {
    assert.equal(
      await ignored({ "a\r\nset-cookie: x": 1, "é🎉": 1, __proto__x: 1 }),
      "a??set-cookie??x, ???, __proto__x",
    );
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field_${i}`, i]));
    const header = (await ignored({ ...many, ["x".repeat(100_000)]: 1 })) ?? "";
    assert.match(header, /^field_0, field_1, .*, and \d{4} more$/);
    assert.ok(header.length < 1100);
    assert.ok(((await ignored({ ["x".repeat(100_000)]: 1 })) ?? "").length < 100);
  });

  test("may be called like something that every object has", async () => {
    const names = ["constructor", "toString", "hasOwnProperty", "__proto__"];
    const body = `{"messages": ${JSON.stringify(question)}, ${names.map((name) => `"${name}": 1`).join(", ")}}`;
    assert.equal((await post(app, body)).headers.get("x-lenity-ignored-fields"), names.join(", "));
  });
});

test("an array is no object, wherever one is expected", async () => {
  for (const [body, path] of [
    [{ speculative: [] }, "speculative"],
    [{ stream: true, stream_options: [] }, "stream_options"],
    [{ logit_bias: [] }, "logit_bias"],
    [{ response_format: { type: "json_schema", json_schema: [] } }, "response_format.json_schema"],
    [{ messages: [[]] }, "messages[0]"],
    [{ messages: [{ role: "user", content: [[]] }] }, "messages[0].content[0]"],
    [{ messages: [...question, { role: "assistant", tool_calls: [[]] }] }, "messages[1].tool_calls[0]"],
    [{ tools: [[]] }, "tools[0]"],
    [{ tools: [{ type: "function", function: [] }] }, "tools[0].function"],
    [{ tools: [{ type: "function", function: { name: "f", parameters: [] } }] }, "tools[0].function.parameters"],
  ] as const) {
    const { param, message } = await errorOf(body);
    assert.deepEqual([param, message], [path, `${path} is an empty array; expected an object.`]);
  }
});

test("what is ignored does not change the answer", async () => {
  assert.equal(
    textOf(await reply(app, { user: "someone", prediction: { type: "content", content: "It is 6." } })),
    "It is 5.",
  );
});

test("what to send instead is a field of the same route", () => {
  const { ChatCompletionRequest, CompletionRequest } = openApi().components.schemas;
  const routes = [
    [ChatCompletionRequest, unsupported],
    [CompletionRequest, { ...unsupported, ...unsupportedInCompletions }],
  ] as const;
  for (const [schema, table] of routes) {
    const fields = Object.keys(schema?.["properties"] ?? {});
    let advised = 0;
    for (const [name, { instead = "" }] of Object.entries(table)) {
      const [, sent] = /^Send (?!a |its )(\w+)(?!.*(?:object speculative|\/v1\/))/.exec(instead) ?? [];
      if (sent === undefined || fields.includes(name)) continue;
      advised++;
      assert.ok(fields.includes(sent), `${name}: ${instead}`);
    }
    assert.ok(advised >= 10, String(advised));
  }
});
