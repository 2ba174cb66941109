/** Valid bodies with every field of each route, which the fuzzer changes. */
export interface Seed {
  readonly path: string;
  /** The names of its schemas in /openapi.json: the request, the answer, and a chunk of a stream. */
  readonly request: string;
  readonly answer: string;
  readonly chunk?: string;
  readonly body: object;
}

const messages = [
  { role: "system", content: "Be brief." },
  {
    role: "user",
    content: [
      { type: "text", text: "How much is" },
      { type: "text", text: " 2 + 3?" },
    ],
  },
];
const shared = {
  model: "double",
  n: 2,
  max_tokens: 6,
  temperature: 0.8,
  top_p: 0.9,
  top_k: 40,
  min_p: 0.01,
  seed: 7,
  stop: ["zz", "qq"],
  frequency_penalty: 0.1,
  presence_penalty: 0.1,
  repetition_penalty: 1.1,
  logit_bias: { "65": 1, "66": -100 },
  min_tokens: 2,
  user: "someone",
  speculative: { policy: "judi", draft_tokens: 4, drafter: "model", trace: true },
};
const policies = [
  "strict",
  { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] },
  { type: "when", if: { region: ["json"] }, policy: { type: "sd" }, otherwise: { type: "topk", k: 2, delta: 1 } },
  { type: "ledger", budget: 2, of: { type: "kl", threshold: 0.1 } },
  { type: "shadow", of: { type: "sd" }, others: [{ type: "typical" }] },
  { type: "unguarded", of: { type: "threshold", accept: 0.5, single: 0.3 } },
];
const tool = { type: "function", function: { name: "f", description: "d", parameters: { type: "object" } } };
const call = { id: "c1", type: "function", function: { name: "f", arguments: '{"a": 1}' } };
const person = {
  type: "object",
  properties: { name: { type: "string", maxLength: 4 }, age: { type: "integer", minimum: 0, maximum: 99 } },
  required: ["name", "age"],
  additionalProperties: false,
};

const chat = {
  path: "/v1/chat/completions",
  request: "ChatCompletionRequest",
  answer: "ChatCompletion",
  chunk: "ChatCompletionChunk",
};
const completions = {
  path: "/v1/completions",
  request: "CompletionRequest",
  answer: "Completion",
  chunk: "Completion",
};
const tokenize = { path: "/tokenize", request: "TokenizeRequest", answer: "Tokens" };

export const seeds: readonly Seed[] = [
  { ...chat, body: { ...shared, messages, logprobs: true, top_logprobs: 3 } },
  { ...chat, body: { ...shared, n: 1, messages, stream: true, stream_options: { include_usage: true } } },
  {
    ...chat,
    body: {
      messages: [...messages, { role: "assistant", content: null, tool_calls: [call] }, { role: "tool", content: "5" }],
      tools: [tool],
      tool_choice: "none",
      max_completion_tokens: 8,
      temperature: 0,
    },
  },
  ...["auto", "required", { type: "function", function: { name: "f" } }].map((choice, at) => {
    const parameters = at === 0 ? undefined : { ...person, additionalProperties: at === 1 };
    const tools = [tool, { type: "function", function: { name: "g", parameters, strict: at !== 1 } }];
    const settings = { tool_choice: choice, parallel_tool_calls: at === 1, stream: at === 1, max_tokens: 40, seed: 2 };
    return { ...chat, body: { messages, tools, ...settings } };
  }),
  ...["json_object", "json_schema"].map((type) => {
    const response_format = { type, ...(type === "json_schema" ? { json_schema: { name: "p", schema: person } } : {}) };
    return { ...chat, body: { messages, response_format, max_tokens: 12, seed: 3 } };
  }),
  ...policies.map((policy) => ({ ...chat, body: { messages, max_tokens: 6, seed: 1, speculative: { policy } } })),
  { ...completions, body: { ...shared, prompt: "Once", logprobs: 2, echo: true, prompt_logprobs: 2 } },
  { ...completions, body: { ...shared, prompt: [79, 110], stream: true, stream_options: { include_usage: true } } },
  { ...completions, body: { prompt: [[79, 110], [65]], max_tokens: 3, response_format: { type: "json_object" } } },
  { ...tokenize, body: { model: "double", prompt: "Once", return_token_strs: true } },
  { ...tokenize, body: { messages, tools: [tool], return_token_strs: false } },
  { path: "/detokenize", request: "DetokenizeRequest", answer: "Text", body: { model: "double", tokens: [79, 258] } },
];
