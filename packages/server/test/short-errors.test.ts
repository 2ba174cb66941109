/** An error quotes a short piece of what was given, however much that is, and says nothing of the host. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isDeeper } from "@lenity/chat/internal";
import { LenityError, verifierPlugin } from "@lenity/core";
import { object } from "valibot";
import { createServer } from "../src/index.ts";
import { delayed, post, question, type Reply, sayingModel, served } from "./doubles.ts";

const target = sayingModel("ok");
const app = createServer({ models: [served(target)], maxBodyBytes: 20_000_000 });
const huge = "x".repeat(1_000_000);

describe("an error is short when what was given is huge", () => {
  const named = { [huge]: 1 };
  const cases: Readonly<Record<string, object | string>> = {
    "a model's name": { model: huge },
    "a field's value": { temperature: huge },
    "an object": { user: { a: huge, b: [huge] } },
    "a stop": { stop: { huge } },
    "an option of speculative": { speculative: named },
    "a drafter": { speculative: { drafter: huge } },
    "a preset": { speculative: { policy: huge } },
    "a verifier": { speculative: { policy: { type: huge } } },
    "an option of a verifier": { speculative: { policy: { type: "kl", threshold: 1, ["x".repeat(9000)]: 1 } } },
    "a value of a verifier": { speculative: { policy: { type: "kl", threshold: "x".repeat(9000) } } },
    "a role": { messages: [{ role: huge, content: "x" }] },
    "a part": { messages: [{ role: "user", content: [{ type: huge }] }] },
    "a tool's choice": { tool_choice: { type: "function", function: { name: huge } } },
    "an unsupported field": { grammar: huge },
    "a body of JSON that is none": huge,
    "a body of one string": JSON.stringify(huge),
    "a field of a message": { messages: [{ role: "user", content: "x", ["x".repeat(5)]: 1, prefix: huge }] },
  };
  for (const [what, body] of Object.entries(cases)) {
    test(`${what}`, async () => {
      const response = await post(app, body);
      const text = await response.text();
      assert.ok([400, 404].includes(response.status), text.slice(0, 300));
      assert.ok(text.length < 1000, `${text.length} characters`);
    });
  }

  test("a path, and a model's name in one", async () => {
    for (const path of [`/${huge}`, `/v1/models/${huge}`, `/v1/policies?model=${huge}`]) {
      const response = await app.request(path);
      assert.equal(response.status, 404);
      assert.ok((await response.text()).length < 1000);
    }
  });

  test("a message that the template quotes, or a plugin", async () => {
    const chatTemplate = "{{ raise_exception('I do not like: ' + messages[0].content) }}";
    const quoting = createServer({ models: [served(target, undefined, { chatTemplate })], maxBodyBytes: 20_000_000 });
    const refused = await (await post(quoting, { messages: [{ role: "user", content: huge }] })).text();
    assert.match(refused, /I do not like: xxx/);
    assert.ok(refused.length < 1000);
    const plugin = verifierPlugin({
      name: "loud",
      summary: "",
      schema: object({}),
      create: () => {
        throw new LenityError("invalid_policy", huge);
      },
    });
    const { registry } = served(target);
    const loud = {
      ...registry,
      create: (policy: unknown) => (policy === "loud" ? plugin.create({}, registry, "") : registry.create(policy)),
    };
    const server = createServer({ models: [served(target, undefined, { registry: loud })] });
    const response = await post(server, { speculative: { policy: "loud" } });
    assert.equal(response.status, 400);
    assert.ok((await response.text()).length < 3000);
  });
});

describe("JSON nested without end", () => {
  const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

  test("is refused in words, whether it is complete or not", async () => {
    const bodies = [
      deep("[", "]", 500_000),
      "[".repeat(500_000),
      `{"messages": ${deep('{"a":', "}", 500_000)}}`,
      `{"messages": ${JSON.stringify(question)}, "user": ${deep("[", "]", 201)}}`,
    ];
    for (const body of bodies) {
      const response = await post(app, body);
      const { error } = (await response.json()) as Reply;
      assert.deepEqual([response.status, error?.code], [400, "invalid_json"]);
      assert.match(
        error?.message ?? "",
        /^The body is nested deeper than 200 levels of arrays and objects\. Send a flatter one\.$/,
      );
    }
  });

  test("is refused within the arguments of a call, by their path", async () => {
    const call = { function: { name: "f", arguments: deep("[", "]", 500_000) } };
    const response = await post(app, { messages: [...question, { role: "assistant", tool_calls: [call] }] });
    const { error } = (await response.json()) as Reply;
    assert.deepEqual([response.status, error?.param], [400, "messages[1].tool_calls[0].function.arguments"]);
    assert.match(error?.message ?? "", /expected JSON nested at most 100 levels deep/);
  });

  test("is told from brackets in strings, and from many side by side", () => {
    const inText = JSON.stringify({ a: "[".repeat(1000), 'b"[[[': ['\\"[[[[', "\\", "[[[["] });
    assert.equal(isDeeper(inText, 2), false);
    assert.equal(isDeeper(inText, 1), true);
    assert.equal(isDeeper(`[${"[],{},".repeat(1000)}1]`, 2), false);
    assert.equal(isDeeper(deep("[", "]", 200), 200), false);
    assert.equal(isDeeper(deep('{"a":', "}", 201), 200), true);
    assert.equal(isDeeper('"[[[[', 1), false); // a string that does not end
  });
});

describe("the host stays unseen", () => {
  const secret = "/home/operator/models/secret";
  const shows = async (response: Response): Promise<string> => {
    const text = await response.text();
    assert.doesNotMatch(text, /operator|secret/);
    return text;
  };

  test("when a template fails: the model is named, and not the file", async () => {
    const template = "{{ messages[0].content | nonsense }}";
    const server = createServer({
      models: [served(target, undefined, { chatTemplate: { template, file: `${secret}/chat_template.jinja` } })],
    });
    const response = await post(server, {});
    assert.equal(response.status, 400);
    assert.match(await shows(response), /The chat template of double fails on these messages: .*nonsense/);
  });

  test("when the server's own fault names a file or an address: that is for its log", async () => {
    const codes = { bad_logits: 500, model_files: 500, download: 500, worker_lost: 503, out_of_memory: 503 } as const;
    for (const [code, status] of Object.entries(codes)) {
      const failures: unknown[] = [];
      const failing = delayed(target, async () => {
        throw new LenityError(code as keyof typeof codes, `${secret}/model.onnx failed at http://operator:8080.`);
      });
      const server = createServer({ models: [served(failing)], onFailure: (error) => failures.push(error) });
      for (const stream of [false, true]) {
        const response = await post(server, { stream });
        assert.equal(response.status, status);
        const { error } = JSON.parse(await shows(response)) as Reply;
        assert.deepEqual([error?.type, error?.code], ["server_error", code]);
        assert.match(error?.message ?? "", /^The (model|server)/);
      }
      assert.deepEqual(
        failures.map((failure) => (failure as Error).message.includes(secret)),
        [true, true],
      );
    }
  });
});
