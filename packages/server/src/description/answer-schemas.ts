/** What the server answers, as schemas: for the description of the API. The compiler compares them with the types. */
import * as v from "valibot";
import type { ChatLogprobs } from "../answer/chat-logprobs.ts";
import type { CallDelta, ChatCall } from "../answer/chat-message.ts";
import type { ChatChunk, ChatCompletion } from "../answer/completion.ts";
import type { Metrics, TraceEntry, Usage } from "../answer/metrics.ts";
import type { TextCompletion } from "../answer/text-completion.ts";
import type { PromptLogprob, TextLogprobs } from "../answer/text-logprobs.ts";
import type { ErrorBody } from "../http/api-error.ts";
import type { ModelEntry } from "../routes/models.ts";
import type { PolicyList } from "../routes/policies.ts";
import type { DetokenizeAnswer, TokenizeAnswer } from "../routes/tokens.ts";

type Answered<Value> = v.GenericSchema<unknown, Value>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.string();
const maybe = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(schema);
const law = v.picklist(["exact", "mixture", "bounded", "none"]);
const policy = v.union([text, v.looseObject({ type: text })]);

const usage: Answered<Usage> = v.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: v.strictObject({ cached_tokens: count }),
  completion_tokens_details: v.strictObject({ reasoning_tokens: count }),
});

const metrics: Answered<Metrics> = v.strictObject({
  speculative_decoding: v.strictObject({
    mean_acceptance_length: v.number(),
    draft_acceptance_rate: v.number(),
    acceptance_histogram: v.array(count),
    num_spec_steps: count,
    num_accepted_draft_tokens: count,
    num_draft_tokens: count,
    num_spec_tokens: count,
    mean_draft_length: v.number(),
    draft_length_histogram: v.array(count),
  }),
  acceptance: v.strictObject({
    policy,
    law,
    accepted_by: v.record(text, count),
    relaxed: count,
    ignored: count,
    ledger: maybe(v.strictObject({ budget: v.number(), spent: v.number() })),
    shadow: maybe(v.record(text, v.strictObject({ accepted: count, more: v.number() }))),
    overshoot: maybe(v.strictObject({ mean: v.number(), p95: v.number() })),
    undecided: maybe(v.number()),
    looping: v.boolean(),
  }),
});

const traceEntry: Answered<TraceEntry> = v.strictObject({
  token: text,
  id: count,
  source: v.picklist(["draft", "replacement", "bonus", "target"]),
  by: maybe(text),
  relaxed: v.boolean(),
  p: maybe(v.number()),
  q: maybe(v.number()),
  kl: v.optional(v.nullable(v.number())),
});

/** At the root if there is one choice, else in each choice. */
const facts = { metrics: maybe(metrics), trace: maybe(v.array(traceEntry)) };
const reason = v.picklist(["stop", "length"]);
const chatReason = v.picklist(["stop", "length", "tool_calls"]);
const envelope = { id: text, created: count, model: text };

const listed = { token: text, bytes: v.array(count), logprob: v.number() };
const chatLogprobs: Answered<ChatLogprobs> = v.strictObject({
  content: v.array(v.strictObject({ ...listed, top_logprobs: v.array(v.strictObject(listed)) })),
  refusal: v.null(),
});

const called = v.literal("function");
const call: Answered<ChatCall> = v.strictObject({
  id: text,
  type: called,
  function: v.strictObject({ name: text, arguments: text }),
});
const callDelta: Answered<CallDelta> = v.strictObject({
  index: count,
  id: maybe(text),
  type: maybe(called),
  function: v.strictObject({ name: maybe(text), arguments: text }),
});

export const chatCompletion: Answered<ChatCompletion> = v.strictObject({
  ...envelope,
  object: v.literal("chat.completion"),
  choices: v.array(
    v.strictObject({
      index: count,
      message: v.strictObject({
        role: v.literal("assistant"),
        content: v.nullable(text),
        refusal: v.null(),
        reasoning_content: maybe(text),
        tool_calls: maybe(v.array(call)),
      }),
      logprobs: v.nullable(chatLogprobs),
      finish_reason: chatReason,
      ...facts,
    }),
  ),
  usage,
  ...facts,
});

export const chatChunk: Answered<ChatChunk> = v.strictObject({
  ...envelope,
  object: v.literal("chat.completion.chunk"),
  choices: v.array(
    v.strictObject({
      index: count,
      delta: v.strictObject({
        role: maybe(v.literal("assistant")),
        content: maybe(text),
        reasoning_content: maybe(text),
        tool_calls: maybe(v.array(callDelta)),
      }),
      logprobs: v.nullable(chatLogprobs),
      finish_reason: v.nullable(chatReason),
      ...facts,
    }),
  ),
  usage: maybe(v.nullable(usage)),
  ...facts,
});

const textLogprobs: Answered<TextLogprobs> = v.strictObject({
  tokens: v.array(text),
  token_logprobs: v.array(v.nullable(v.number())),
  top_logprobs: v.array(v.nullable(v.record(text, v.number()))),
  text_offset: v.array(count),
});
const promptLogprob: Answered<PromptLogprob> = v.record(
  text,
  v.strictObject({ logprob: v.number(), rank: count, decoded_token: text }),
);

/** Whole answers and chunks have the same shape. */
export const textCompletion: Answered<TextCompletion> = v.strictObject({
  ...envelope,
  object: v.literal("text_completion"),
  choices: v.array(
    v.strictObject({
      index: count,
      text,
      logprobs: v.nullable(textLogprobs),
      finish_reason: v.nullable(reason),
      prompt_logprobs: maybe(v.array(v.nullable(promptLogprob))),
      ...facts,
    }),
  ),
  usage: maybe(v.nullable(usage)),
  ...facts,
});

export const errorBody: Answered<ErrorBody> = v.strictObject({
  error: v.strictObject({ message: text, type: text, param: v.nullable(text), code: v.nullable(text) }),
});

const model: Answered<ModelEntry> = v.strictObject({
  id: text,
  object: v.literal("model"),
  created: count,
  owned_by: text,
  max_model_len: count,
  presets: v.array(v.strictObject({ name: text, law: text, lossy: v.boolean() })),
});
export const modelEntry: Answered<ModelEntry> = model;
export const modelList: Answered<object> = v.strictObject({ object: v.literal("list"), data: v.array(model) });

export const policyList: Answered<PolicyList> = v.strictObject({
  presets: v.array(v.strictObject({ name: text, summary: text, policy, law, draft_tokens: maybe(count) })),
  verifiers: v.array(
    v.looseObject({ type: text, summary: text, needs: v.looseObject({}), options: v.looseObject({}) }),
  ) as Answered<PolicyList["verifiers"]>,
});

export const tokenizeAnswer: Answered<TokenizeAnswer> = v.strictObject({
  count,
  max_model_len: count,
  tokens: v.array(count),
  token_strs: v.nullable(v.array(text)),
});
export const detokenizeAnswer: Answered<DetokenizeAnswer> = v.strictObject({ prompt: text });

export const liveness: Answered<object> = v.strictObject({ status: v.picklist(["ok", "starting", "ending"]) });

export const health: Answered<object> = v.looseObject({
  status: v.picklist(["ok", "failed"]),
  models: v.array(v.looseObject({ id: text, context_length: count })),
  queue: v.looseObject({ active: count, waiting: count }),
});
