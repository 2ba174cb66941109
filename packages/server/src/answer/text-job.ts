import { encodeTexts } from "@lenity/chat/internal";
import { LenityError, type Token, type Tokenizer, textStream } from "@lenity/core";
import { ApiError } from "../http/api-error.ts";
import { mostChoices } from "../request/answer-fields.ts";
import { refusedValue } from "../request/checked.ts";
import type { CompletionRequest, Prompt } from "../request/completion-request.ts";
import { type Job, jobsOf } from "./job.ts";
import { modelOf, type ReadyModel } from "./ready-model.ts";

/** A prompt of a completion request: its tokens, and the text of each. */
export interface TextPrompt {
  readonly ids: readonly Token[];
  readonly text: string;
}

/** A completion request, ready to be generated: `n` jobs for each prompt. */
export interface TextWork {
  readonly jobs: readonly Job[];
  /** The prompt of each job. */
  readonly prompts: readonly TextPrompt[];
  readonly echo: boolean;
  /** Whether log probabilities name tokens by id. */
  readonly byId: boolean;
  /** How many alternatives were asked for at the tokens of the prompt, in vLLM's shape. */
  readonly promptLogprobs: number | undefined;
}

/** OpenAI's default for completions. */
const usualLength = 16;

/** The work of a completion request. The first model answers requests that name none. */
export async function textWork(
  request: CompletionRequest,
  models: ReadonlyMap<string, ReadyModel>,
  scope?: string,
): Promise<TextWork> {
  const model = modelOf(request.model, models);
  const echo = request.echo === true;
  const logprobs = request.logprobs ?? undefined;
  const promptLogprobs = request.prompt_logprobs ?? undefined;
  const echoed = echo ? logprobs : undefined;
  const scored = echoed === undefined ? promptLogprobs : Math.max(echoed, promptLogprobs ?? 0);
  const maxTokens = request.max_tokens ?? usualLength;
  const settings = { maxTokens, logprobs, promptLogprobs: scored, continues: true, scope };
  jobsOf(request, model, [], settings);
  const grammar = await model.grammars({ format: request.response_format });
  const prompts = await promptsOf(request.prompt, model);
  const n = request.n ?? 1;
  if (prompts.length * n > mostChoices)
    throw refusedValue("n", n, `at most ${mostChoices} choices in all, and there are ${prompts.length} prompts`);
  return {
    jobs: jobsOf(
      request,
      model,
      prompts.map(({ ids }) => ids),
      { ...settings, grammar },
    ),
    prompts: prompts.flatMap((prompt) => Array.from({ length: n }, () => prompt)),
    echo,
    byId: request.return_tokens_as_token_ids === true,
    promptLogprobs,
  };
}

/** The prompts as tokens. Texts are encoded as they are, with the control tokens that they spell, and nothing added. */
async function promptsOf(prompt: Prompt, model: ReadyModel): Promise<TextPrompt[]> {
  const { tokenizer } = model;
  if (typeof prompt === "string") return encoded([prompt], model, () => "prompt");
  if (typeof prompt[0] === "string") return encoded(prompt as readonly string[], model, (at) => `prompt[${at}]`);
  const several = Array.isArray(prompt[0]);
  const lists = several ? (prompt as readonly (readonly Token[])[]) : [prompt as readonly Token[]];
  return lists.map((ids, at) => {
    checkIds(ids, model, several ? `prompt[${at}]` : "prompt");
    return { ids, text: promptTexts(tokenizer, ids).join("") };
  });
}

async function encoded(
  texts: readonly string[],
  { tokenizer, target }: ReadyModel,
  param: (at: number) => string,
): Promise<TextPrompt[]> {
  const wellFormed = texts.map((text) => text.toWellFormed());
  const all = await encodeTexts(wellFormed, { tokenizer, target }).catch((cause) => {
    if (!(cause instanceof LenityError && cause.code === "context_full")) throw cause;
    throw new ApiError(400, cause.message, { param: "prompt", code: "context_length_exceeded", cause });
  });
  return all.map((ids, at) => {
    if (ids.length === 0) throw refusedValue(param(at), texts[at], "a text of at least one token");
    return { ids, text: wellFormed[at] as string };
  });
}

/** Refuses ids that no token has, and prompts that do not fit. */
export function checkIds(ids: readonly Token[], { vocabulary, target, tokenizer }: ReadyModel, param: string): void {
  const stray = ids.findIndex((id) => id >= vocabulary || target.unused?.has(id) || tokenizer.unused?.has(id));
  if (stray >= 0) throw refusedValue(`${param}[${stray}]`, ids[stray], `the id of a token, 0 to ${vocabulary - 1}`);
  if (ids.length <= target.contextLength) return;
  const message = `${param} has ${ids.length} tokens; ${target.name} holds ${target.contextLength}. Shorten it.`;
  throw new ApiError(400, message, { param, code: "context_length_exceeded" });
}

/** The text that each token of a prompt completes. Control tokens are spelled out. */
export function promptTexts(tokenizer: Tokenizer, ids: readonly Token[]): string[] {
  let stream = textStream(tokenizer);
  const texts: string[] = [];
  for (const id of ids) {
    if (!tokenizer.special.has(id)) texts.push(stream.push(id));
    else {
      // What is inside a character when a control token comes is none.
      const before = texts.length - 1;
      if (before >= 0) texts[before] += stream.end();
      stream = textStream(tokenizer);
      texts.push(tokenizer.decode([id], { special: true }));
    }
  }
  if (texts.length > 0) texts[texts.length - 1] += stream.end();
  return texts;
}
