import type { ReadOptions } from "@lenity/chat";
import type { GenerateOptions, Grammar, Token, Tokenizer } from "@lenity/core";
import { ApiError } from "../http/api-error.ts";
import type { AnswerRequest } from "../request/answer-fields.ts";
import type { ChatRequest } from "../request/chat-request.ts";
import { chosenSampling } from "../request/chosen-sampling.ts";
import { chosenSpeculation, type Speculation } from "../request/chosen-speculation.ts";
import { choiceSeed } from "../request/seed.ts";
import { askedCalls } from "./asked-calls.ts";
import type { AskedForm } from "./grammars.ts";
import { processorsOf } from "./processors.ts";
import { modelOf, type ReadyModel } from "./ready-model.ts";

/** One answer to generate: one of a request's choices. */
export interface Job {
  readonly model: ReadyModel;
  readonly prompt: readonly Token[];
  /** What the answer's text is made with. */
  readonly tokenizer: Tokenizer;
  /** What is taken out of the text, if anything is: calls and reasoning. */
  readonly reading: ReadOptions;
  readonly speculation: Speculation;
  /** Whether the answer includes which verifier accepted each token. */
  readonly trace: boolean;
  /** How many of the most probable tokens are listed at each token of the answer. Undefined: no log probabilities. */
  readonly logprobs: number | undefined;
  /** The same for the tokens of the prompt. */
  readonly promptLogprobs?: number | undefined;
  readonly options: Pick<
    GenerateOptions,
    "sampling" | "processors" | "grammar" | "seed" | "maxTokens" | "stop" | "continues" | "scope"
  >;
}

/** What a job needs besides the fields that all requests share. */
export interface JobSettings {
  readonly maxTokens: number | undefined;
  /** The field that it was given in. Default: max_tokens. */
  readonly maxTokensField?: string | undefined;
  readonly logprobs: number | undefined;
  readonly promptLogprobs?: number | undefined;
  readonly grammar?: Grammar | undefined;
  /** Whether the answer continues the text of the prompt. */
  readonly continues?: boolean | undefined;
  /** Who the request is from. */
  readonly scope?: string | undefined;
  /** What is read in the answer besides its text. Default: nothing. */
  readonly form?: Omit<AskedForm, "format"> | undefined;
}

/** The jobs of a request: `n` for each prompt, in order. Fills in the defaults; throws for what the model cannot do. */
export function jobsOf(
  request: AnswerRequest,
  model: ReadyModel,
  prompts: readonly (readonly Token[])[],
  { maxTokens: asked, maxTokensField, logprobs, promptLogprobs, grammar, continues, scope, form = {} }: JobSettings,
): Job[] {
  const maxTokens = allowedTokens(asked, model, maxTokensField);
  const { stop } = request;
  const speculative = request.speculative ?? {};
  const { policy, draft_tokens: draftTokens, drafter, block_exact: blockExact } = speculative;
  const { calls, reasoning } = form;
  const reading = { calls: calls && model.writer.form.calls, reasoning };
  const shared = {
    model,
    reading,
    tokenizer: (calls ?? reasoning) === undefined ? model.tokenizer : model.writer.answerTokenizer,
    speculation: chosenSpeculation({ policy, draftTokens, drafter, blockExact }, model, "speculative.policy"),
    trace: speculative.trace === true,
    logprobs,
    promptLogprobs,
  };
  const options = {
    sampling: chosenSampling(
      { temperature: request.temperature, topK: request.top_k, topP: request.top_p, minP: request.min_p },
      model.sampling,
    ),
    processors: processorsOf(request, { vocabulary: model.vocabulary, eos: model.target.eos }, maxTokens),
    grammar,
    maxTokens,
    stop: typeof stop === "string" ? [stop] : (stop ?? []),
    continues,
    scope,
  };
  const seed = request.seed ?? randomSeed();
  const n = request.n ?? 1;
  return prompts.flatMap((prompt, which) =>
    Array.from({ length: n }, (_, choice) => ({
      ...shared,
      prompt,
      options: { ...options, seed: choiceSeed(seed, which * n + choice) },
    })),
  );
}

/** How many tokens an answer may have. Throws a 400 if more were asked for than the operator allows. */
function allowedTokens(
  asked: number | undefined,
  { id, maxTokens }: ReadyModel,
  param = "max_tokens",
): number | undefined {
  if (asked === undefined || maxTokens === undefined || asked <= maxTokens) return asked ?? maxTokens;
  const message = `${param} is ${asked}; ${id} is served with at most ${maxTokens}.`;
  throw new ApiError(400, message, { param, code: "invalid_value" });
}

/** The jobs of a chat request. The first model answers requests that name none. */
export async function chatJobs(
  request: ChatRequest,
  models: ReadonlyMap<string, ReadyModel>,
  scope?: string,
): Promise<Job[]> {
  const model = modelOf(request.model, models);
  const settings = {
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    maxTokensField: request.max_completion_tokens == null ? undefined : "max_completion_tokens",
    logprobs: request.logprobs === true ? (request.top_logprobs ?? 0) : undefined,
    scope,
  };
  const { writer } = model;
  const calls = askedCalls(request);
  const grammarOf = (form: Omit<AskedForm, "format">) => model.grammars({ ...form, format: request.response_format });
  // Once without a prompt, so that what the model cannot do is refused before a long prompt is encoded. Which reasoning
  // there is, the prompt's end tells; most have none open.
  const usual = { calls, reasoning: writer.form.reasoning && { ...writer.form.reasoning, isOpen: false } };
  jobsOf(request, model, [], { ...settings, form: usual });
  await grammarOf(usual);
  const prompt = await writer.writeAsync(request.messages, {
    tools: request.tool_choice === "none" ? undefined : (request.tools ?? undefined),
  });
  const form = { calls, reasoning: writer.reasoningAfter(prompt) };
  return jobsOf(request, model, [prompt], { ...settings, form, grammar: await grammarOf(form) });
}

function randomSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}
