/** Calls of functions, in the forms of all families. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../src/index.ts";
import { chunks, post, type Reply, reply } from "./doubles.ts";
import { type Call, families, speaker } from "./speakers.ts";

const tool = (name: string, properties: object, more: object = {}) => ({
  type: "function",
  function: { name, description: `${name}s`, parameters: { type: "object", properties, ...more } },
});
const city = { city: { type: "string" } };
const tools = [
  tool("weather", city, { required: ["city"], additionalProperties: false }),
  tool("add", { a: { type: "integer" }, b: { type: "integer" } }, { required: ["a", "b"] }),
];
const weather: Call = { name: "weather", arguments: '{"city": "Rom\\"e }"}' };
const add: Call = { name: "add", arguments: '{"a": 1, "b": -2}' };

/** The message that the deltas of a stream add up to. */
async function streamed(response: Response, index = 0) {
  const { all, done } = await chunks(response);
  assert.ok(done);
  const message = { content: "", reasoning: "", calls: [] as { id: string; name: string; arguments: string }[] };
  let reason: string | null = null;
  for (const choice of all.flatMap(({ choices }) => choices)) {
    if ((choice.index ?? 0) !== index) continue;
    message.content += choice.delta?.content ?? "";
    message.reasoning += choice.delta?.reasoning_content ?? "";
    for (const { index: at, id, type, function: more } of choice.delta?.tool_calls ?? []) {
      if (id === undefined)
        (message.calls[at] ?? assert.fail("arguments before their call")).arguments += more.arguments;
      else {
        assert.deepEqual([type, more.arguments, at], ["function", "", message.calls.length]);
        message.calls.push({ id, name: more.name ?? "", arguments: "" });
      }
    }
    reason = choice.finish_reason ?? reason;
  }
  return { ...message, reason };
}

const callsOf = ({ choices }: Reply, at = 0): Call[] =>
  (choices[at]?.message?.tool_calls ?? []).map(({ id, type, function: called }) => {
    assert.match(id, /^[0-9A-Za-z]{9}$/);
    assert.equal(type, "function");
    return { ...called };
  });

for (const [name, family] of Object.entries(families)) {
  describe(`calls in the form of ${name}`, () => {
    const asked = family.several ? [weather, add] : [weather];
    const app = createServer({ models: [speaker(family, family.write(asked))] });
    const bodies = [
      {},
      { draft_tokens: 0 },
      { policy: "judi", draft_tokens: 5 },
      { drafter: "lookup", draft_tokens: 3 },
    ];

    test("are in the message and not in the text", async () => {
      for (const tool_choice of ["auto", "required"]) {
        for (const speculative of bodies) {
          const answer = await reply(app, { tools, tool_choice, max_tokens: 300, speculative });
          const [choice] = answer.choices;
          assert.deepEqual(callsOf(answer), asked);
          assert.deepEqual([choice?.message?.content, choice?.finish_reason], [null, "tool_calls"]);
        }
      }
    });

    test("are streamed in pieces", async () => {
      for (const speculative of bodies) {
        const body = { tools, max_tokens: 300, stream: true, speculative };
        const { content, calls, reason } = await streamed(await post(app, body));
        assert.deepEqual(
          calls.map(({ name, arguments: args }) => ({ name, arguments: args })),
          asked,
        );
        assert.equal(new Set(calls.map(({ id }) => id)).size, asked.length);
        assert.deepEqual([content, reason], ["", "tool_calls"]);
      }
    });

    test("fulfil their schema, whatever the model would rather say", async () => {
      // It would like to call a function that is not there, or to leave out an argument, or to go on in words.
      const wrong = [{ name: "wether", arguments: '{"city": 5}' }];
      for (const says of [family.write(wrong), family.write([{ ...add, arguments: '{"b": "x"' }]), "I do not call."]) {
        const stubborn = createServer({ models: [speaker(family, says)] });
        const answers = new Set<string>();
        for (const speculative of [...bodies, { draft_tokens: 1 }, { draft_tokens: 32 }]) {
          const body = { tools, tool_choice: "required", temperature: 0, max_tokens: 200, seed: 1, speculative };
          const answer = await reply(stubborn, { ...body, parallel_tool_calls: false });
          if (speculative.policy === undefined) answers.add(JSON.stringify(callsOf(answer)));
          for (const call of callsOf(answer)) {
            assert.ok(["weather", "add"].includes(call.name), call.name);
            if (answer.choices[0]?.finish_reason === "tool_calls") checkArguments(call);
          }
        }
        assert.equal(answers.size, 1, "speculation changed the calls");
      }
    });

    test("may be forbidden, left out, or kept to one function", async () => {
      const text = createServer({ models: [speaker(family, "It is warm. {} <tool>")] });
      const answer = await reply(text, { tools });
      assert.deepEqual(
        [answer.choices[0]?.message?.content, answer.choices[0]?.finish_reason],
        ["It is warm. {} <tool>", "stop"],
      );
      assert.equal(answer.choices[0]?.message?.tool_calls, undefined);
      const none = await reply(app, { tools, tool_choice: "none", max_tokens: 300 });
      assert.deepEqual([callsOf(none), none.choices[0]?.finish_reason], [[], "stop"]);
      const named = { type: "function", function: { name: "add" } };
      const one = createServer({ models: [speaker(family, family.write([add, add]))] });
      assert.deepEqual(callsOf(await reply(one, { tools, tool_choice: named, max_tokens: 300 })), [add]);
    });

    test("are one at most if the request says so", async () => {
      const answer = await reply(app, { tools, parallel_tool_calls: false, max_tokens: 300 });
      assert.deepEqual(callsOf(answer), [weather]);
    });

    test("keep what there is if the answer is cut", async () => {
      const long = { name: "weather", arguments: `{"city": "${"x".repeat(400)}"}` };
      const cut = createServer({ models: [speaker(family, family.write([long]))] });
      const answer = await reply(cut, { tools, max_tokens: 100 });
      const [call] = callsOf(answer);
      assert.equal(answer.choices[0]?.finish_reason, "length");
      assert.ok(long.arguments.startsWith(call?.arguments as string) && (call?.arguments.length ?? 0) > 30);
      const { calls, reason } = await streamed(await post(cut, { tools, max_tokens: 100, stream: true }));
      assert.deepEqual([calls[0]?.arguments, reason], [call?.arguments, "length"]);
    });

    test("and their results reach the model in the next turn", async () => {
      const served = speaker(family, (prompt) =>
        /18 degrees/.test(prompt) ? `After ${prompt.length}.` : family.write([weather]),
      );
      const turns = createServer({ models: [served] });
      const first = (await reply(turns, { tools, max_tokens: 300 })).choices[0]?.message;
      const results = (first?.tool_calls ?? []).map(({ id }) => ({
        role: "tool",
        tool_call_id: id,
        content: "18 degrees",
      }));
      const messages = [{ role: "user", content: "a" }, first, ...results];
      const { choices } = await reply(turns, { tools, messages, max_tokens: 300 });
      assert.match(choices[0]?.message?.content ?? "", /^After \d+\.$/);
      assert.equal(choices[0]?.finish_reason, "stop");
    });
  });
}

function checkArguments({ name, arguments: text }: Call): void {
  const args = JSON.parse(text);
  if (name === "weather") assert.deepEqual([Object.keys(args), typeof args.city], [["city"], "string"]);
  else assert.ok(Number.isInteger(args.a) && Number.isInteger(args.b), text);
}

describe("calls with", () => {
  const { tags } = families;
  const app = createServer({ models: [speaker(tags, `Let me see.\n${tags.write([weather, add])}`)] });

  test("text before them keep it", async () => {
    const answer = await reply(app, { tools, max_tokens: 300 });
    assert.equal(answer.choices[0]?.message?.content, "Let me see.");
    assert.deepEqual(callsOf(answer), [weather, add]);
    const { content, calls } = await streamed(await post(app, { tools, max_tokens: 300, stream: true }));
    assert.deepEqual([content, calls.length], ["Let me see.", 2]);
  });

  test("several choices, log probabilities and a trace have them in each choice", async () => {
    const body = { tools, max_tokens: 300, n: 2, logprobs: true, speculative: { trace: true } };
    const answer = await reply(app, body);
    for (const at of [0, 1]) {
      const raw = (answer.choices[at]?.logprobs?.content ?? []).map(({ token }) => token).join("");
      assert.equal(raw, `Let me see.\n${tags.write([weather, add])}`);
      assert.deepEqual(callsOf(answer, at), [weather, add]);
      assert.ok((answer.choices[at]?.trace?.length ?? 0) > 50);
    }
    assert.equal((await streamed(await post(app, { ...body, stream: true }), 1)).calls.length, 2);
    const { all } = await chunks(await post(app, { ...body, stream: true }));
    const listed = all
      .flatMap(({ choices }) => choices.filter(({ index }) => index === 1))
      .flatMap(({ logprobs }) => logprobs?.content ?? []);
    assert.equal(listed.map(({ token }) => token).join(""), `Let me see.\n${tags.write([weather, add])}`);
  });

  test("a stop text end where it stands", async () => {
    const answer = await reply(app, { tools, max_tokens: 300, stop: "Rom" });
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    assert.equal(callsOf(answer)[0]?.arguments, '{"city": "');
  });

  test("strict: false have any object as arguments", async () => {
    const loose = { name: "weather", arguments: '{"where": [1, {}]}' };
    const free = createServer({ models: [speaker(tags, tags.write([loose]))] });
    const [one, two] = tools as [(typeof tools)[0], (typeof tools)[0]];
    const body = { tools: [{ ...one, function: { ...one.function, strict: false } }, two], max_tokens: 300 };
    assert.deepEqual(callsOf(await reply(free, body)), [loose]);
    const bare = { type: "function", function: { name: "weather" } };
    assert.deepEqual(callsOf(await reply(free, { tools: [bare], max_tokens: 300 })), [loose]);
  });

  test("a format are either calls or text of that format", async () => {
    const response_format = { type: "json_schema", json_schema: { name: "x", schema: { type: "integer" } } };
    const called = await reply(createServer({ models: [speaker(tags, tags.write([add]))] }), {
      tools,
      response_format,
      max_tokens: 300,
    });
    assert.deepEqual(callsOf(called), [add]);
    const text = await reply(createServer({ models: [speaker(tags, "42")] }), { tools, response_format });
    assert.equal(text.choices[0]?.message?.content, "42");
    const lines = createServer({ models: [speaker(families.lines, "42")] });
    const response = await post(lines, { tools, response_format });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as Reply).error?.param, "response_format");
  });
});
