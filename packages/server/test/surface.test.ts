/** The tables of fields in README.md and docs/api.md: all fields are there, and "exact: yes" is tried for each. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { chatTemplate } from "../../chat/test/byte-model.ts";
import { openApi } from "../src/description/openapi.ts";
import { createServer } from "../src/index.ts";
import { question, type Reply, randomPair, served } from "./doubles.ts";

const { target, draft } = randomPair();
const tooled = { ...chatTemplate, template: `{{ tools | length if tools }}${chatTemplate.template}` };
const app = createServer({ models: [served(target, draft, { chatTemplate: tooled })] });

/** The fields in the rows of a table, by whether the row says that they are exact. */
function rowsOf(file: string): { readonly field: string; readonly where: string; readonly exact: boolean }[] {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
  const [, table = ""] = /^\|[^\n]*\| exact under speculation \|\n([\s\S]*?)\n\n/m.exec(text) ?? [];
  return table.split("\n").flatMap((row) => {
    const [, fields = "", , exact = ""] = row.split("|");
    const where = /\(([^)]*)\)/.exec(fields)?.[1] ?? "";
    const names = Array.from(fields.replace(/\(.*\)/, "").matchAll(/`(\w+)`/g), ([, name = ""]) => name);
    return names.map((field) => ({ field, where, exact: exact.trim().startsWith("yes") }));
  });
}

const weather = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
/** A request with each field, by the field and where it is for. Others are of a chat at temperature 0. */
const examples: Readonly<Record<string, object>> = {
  model: { model: "double" },
  "messages chat": { messages: [{ role: "system", content: "Be short." }, ...question] },
  "prompt completions": { prompt: ["Hello", "you"] },
  "tools chat": { tools: [weather] },
  "tool_choice chat": { tools: [weather], tool_choice: "required" },
  "parallel_tool_calls chat": { tools: [weather], tool_choice: "required", parallel_tool_calls: false },
  max_tokens: { max_tokens: 7 },
  max_completion_tokens: { max_completion_tokens: 9 },
  n: { n: 3, temperature: 0 },
  temperature: { temperature: 0 },
  top_p: { top_p: 0 },
  top_k: { top_k: 1, temperature: 1 },
  min_p: { min_p: 1, temperature: 1 },
  seed: { seed: 7 },
  stop: { stop: ["a", "e", "\u0001"] },
  frequency_penalty: { frequency_penalty: -2 },
  presence_penalty: { presence_penalty: -2 },
  repetition_penalty: { repetition_penalty: 0.3 },
  logit_bias: { logit_bias: { "101": 5, "32": -100 } },
  min_tokens: { min_tokens: 30 },
  response_format: { response_format: { type: "json_object" } },
  "logprobs chat": { logprobs: true },
  "top_logprobs chat": { logprobs: true, top_logprobs: 5 },
  "logprobs completions": { prompt: "Hello", logprobs: 3 },
  "prompt_logprobs completions": { prompt: "Hello", prompt_logprobs: 2 },
  "return_tokens_as_token_ids completions": { prompt: "Hello", logprobs: 2, return_tokens_as_token_ids: true },
  "echo completions": { prompt: "Hello", echo: true, logprobs: 1 },
  stream: { stream: true },
  stream_options: { stream: true, stream_options: { include_usage: true } },
};

/** The choices of an answer without their figures, and how many drafted tokens were accepted. */
async function answered(example: object, draft_tokens: number) {
  const chat = !("prompt" in example);
  const body = { temperature: 0, max_tokens: 40, ...(chat && { messages: question }), ...example };
  const response = await app.request(chat ? "/v1/chat/completions" : "/v1/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, speculative: { policy: "strict", draft_tokens } }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const events = "stream" in example ? text.match(/^\{.*\}$|(?<=^data: )\{.*\}$/gm) : [text];
  // Ids are new in each answer.
  const known = (key: string, value: unknown) => (key === "id" ? undefined : value);
  const replies = (events ?? []).map((event) => JSON.parse(event, known) as Reply);
  let [accepted, joined] = [0, ""];
  const choices = replies.flatMap(({ choices, metrics }) => {
    accepted += metrics?.speculative_decoding.num_accepted_draft_tokens ?? 0;
    return choices.map(({ metrics: own, ...choice }) => {
      accepted += own?.speculative_decoding.num_accepted_draft_tokens ?? 0;
      joined += choice.delta?.content ?? "";
      return choice;
    });
  });
  return { accepted, said: "stream" in example ? [joined, choices.at(-1)?.finish_reason] : choices };
}

describe("the tables of fields", () => {
  const { ChatCompletionRequest, CompletionRequest } = openApi().components.schemas;
  const fields = new Set(
    [ChatCompletionRequest, CompletionRequest].flatMap((schema) => Object.keys(schema?.["properties"] ?? {})),
  );

  for (const file of ["README.md", "docs/api.md"]) {
    test(`${file} has every field of a request, and says that all but speculative are exact`, () => {
      const rows = rowsOf(file);
      assert.deepEqual(
        [...fields].filter((name) => !rows.some(({ field }) => field === name)),
        [],
      );
      for (const { field, exact } of rows)
        if (fields.has(field) && field !== "prompt") assert.equal(exact, field !== "speculative", field);
      if (file === "README.md") for (const { field } of rows) assert.ok(fields.has(field), field);
    });
  }

  for (const { field, where } of rowsOf("docs/api.md").filter(({ exact }) => exact)) {
    const name = where === "" ? field : `${field} ${where}`;
    test(`${name}: the answer with drafts is the one without`, async () => {
      const example = examples[name] ?? assert.fail(`There is no request with ${name}.`);
      const plain = await answered(example, 0);
      for (const draftTokens of [1, 4, 16]) {
        const drafted = await answered(example, draftTokens);
        assert.deepEqual(drafted.said, plain.said, `${draftTokens} draft tokens`);
        if (draftTokens === 16 && !("prompt_logprobs" in example)) assert.ok(drafted.accepted > 0);
      }
    });
  }
});

test("there is a row for every example", () => {
  const names = rowsOf("docs/api.md").map(({ field, where }) => (where === "" ? field : `${field} ${where}`));
  assert.deepEqual(
    Object.keys(examples).filter((name) => !names.includes(name)),
    [],
  );
});
