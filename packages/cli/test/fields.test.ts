/** The fields of a request on the built-in pair: under lossless policies the answer is that of plain decoding. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { defaultRegistry, type LanguageModel, lookupDrafter } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import { createServer } from "@lenity/server";
import * as tiny from "@lenity/tiny";

const { target, tokenizer, chatTemplate, drafter, close } = await loadPair(tiny.target, tiny.draft);
after(close);
/** How many tokens of the prompt each session found in a cache. */
const found: number[] = [];
const watched: LanguageModel = {
  ...target,
  async open(options) {
    const session = await target.open(options);
    found.push(session.length);
    return session;
  },
};
const app = createServer({
  models: [
    {
      ...{ id: "tiny", target: watched, tokenizer, chatTemplate, registry: defaultRegistry({ tokenizer }) },
      drafters: { model: drafter, lookup: () => lookupDrafter() },
    },
  ],
});
const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

interface Reply {
  readonly choices: readonly {
    readonly message?: { readonly content: string };
    readonly text?: string;
    readonly logprobs?: { readonly content: readonly { readonly logprob: number }[] } | null;
  }[];
  readonly usage: {
    readonly prompt_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
  readonly trace?: readonly { readonly id: number; readonly source: string }[];
  readonly metrics: { readonly speculative_decoding: { readonly num_spec_steps: number } };
}

async function ask(body: object, path = "/v1/chat/completions"): Promise<Reply> {
  const chat = path.includes("chat") ? { messages: [{ role: "user", content: question }] } : {};
  const response = await app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...chat, temperature: 0, max_tokens: 80, ...body }),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer as Reply;
}

const schema = {
  type: "object",
  properties: { reasoning: { type: "string", maxLength: 60 }, apples: { type: "integer", minimum: 0, maximum: 99 } },
  required: ["reasoning", "apples"],
  additionalProperties: false,
};
const [bang] = tokenizer.encode("!");
const fields: readonly object[] = [
  {},
  { frequency_penalty: 0.7 },
  { presence_penalty: 1.2 },
  { repetition_penalty: 1.3 },
  { logit_bias: { [String(bang)]: 4 } },
  { min_tokens: 60, max_tokens: 70 },
  { response_format: { type: "json_object" } },
  { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } },
  { stop: ["="] },
];

describe("on the built-in pair", () => {
  for (const field of fields) {
    test(`strict and block equal plain decoding, token for token: ${JSON.stringify(field).slice(0, 70)}`, async () => {
      const tokens = async (speculative: object) => {
        const { choices, trace, metrics } = await ask({ ...field, speculative: { ...speculative, trace: true } });
        return { text: choices[0]?.message?.content, ids: trace?.map(({ id }) => id), metrics };
      };
      const { metrics: slow, ...plain } = await tokens({ draft_tokens: 0 });
      for (const speculative of [{ policy: "strict" }, { policy: "block", draft_tokens: 5 }, { drafter: "lookup" }]) {
        const { metrics, ...drafted } = await tokens(speculative);
        assert.deepEqual(drafted, plain, JSON.stringify(speculative));
        const steps = metrics.speculative_decoding.num_spec_steps;
        if (speculative.policy === "strict") assert.ok(steps < slow.speculative_decoding.num_spec_steps);
      }
    });
  }

  test("log probabilities do not depend on who proposed a token", async () => {
    const of = async (speculative: object) => {
      const { choices } = await ask({ logprobs: true, speculative });
      return choices[0]?.logprobs?.content.map(({ logprob }) => logprob) ?? assert.fail();
    };
    const plain = await of({ draft_tokens: 0 });
    const drafted = await of({ policy: "strict" });
    assert.equal(drafted.length, plain.length);
    // Several positions in one run are added up in another order than one.
    for (const [at, logprob] of plain.entries()) assert.ok(Math.abs(logprob - (drafted[at] ?? 0)) < 1e-3, `at ${at}`);
  });

  test("the choices of a request share the prompt's cache", async () => {
    const fresh = { messages: [{ role: "user", content: `${question} Then answer once more, from the beginning.` }] };
    found.length = 0;
    const { choices, usage } = await ask({ ...fresh, n: 3, temperature: 1, seed: 4 });
    assert.equal(choices.length, 3);
    const { prompt_tokens, prompt_tokens_details } = usage;
    assert.deepEqual(found, [prompt_tokens_details.cached_tokens, prompt_tokens - 1, prompt_tokens - 1]);
    assert.ok(prompt_tokens_details.cached_tokens < prompt_tokens - 1);
  });

  test("a completion of the tokens that the template writes is the chat's answer", async () => {
    const tokenized = await app.request("/tokenize", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ role: "user", content: question }] }),
    });
    const { tokens } = (await tokenized.json()) as { tokens: number[] };
    const chat = (await ask({})).choices[0]?.message?.content;
    const { choices } = await ask({ prompt: tokens, prompt_logprobs: 0 }, "/v1/completions");
    assert.equal(choices[0]?.text?.trim(), chat?.trim());
  });
});
