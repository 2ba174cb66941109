import { type ChatWriter, chatWriter } from "@lenity/chat";
import { forcedDrafter, type GenerateEvent, type GenerateOptions, generate, type Token } from "@lenity/core";
import { quoted } from "@lenity/core/internal";
import { ApiError } from "../http/api-error.ts";
import type { ChatRequest } from "../request/chat-request.ts";
import { chosenSampling } from "../request/chosen-sampling.ts";
import { chosenSpeculation, type Speculation } from "../request/chosen-speculation.ts";
import type { ServedModel } from "../served-model.ts";
import { type Grammars, grammarsFor } from "./grammars.ts";
import { processorsOf } from "./processors.ts";
import type { Queue } from "./queue.ts";

/** A served model whose template is parsed. */
export interface ReadyModel extends ServedModel {
  readonly writer: ChatWriter;
  /** The ids of its tokens are below this: those that both the model and the tokenizer have. */
  readonly vocabulary: number;
  readonly grammars: Grammars;
}

/**
 * Parses the template and creates the default policy once, so that an error in them fails at startup and not in a
 * request.
 */
export function ready(model: ServedModel): ReadyModel {
  chosenSpeculation({}, model);
  const { target, tokenizer } = model;
  const vocabulary = Math.min(target.vocabulary, tokenizer.vocabulary);
  return { ...model, writer: chatWriter(model), vocabulary, grammars: grammarsFor({ ...tokenizer, vocabulary }) };
}

/** One answer to generate. */
export interface Job {
  readonly model: ReadyModel;
  readonly prompt: readonly Token[];
  readonly speculation: Speculation;
  /** Whether the answer includes which verifier accepted each token. */
  readonly trace: boolean;
  readonly options: Pick<
    GenerateOptions,
    "sampling" | "processors" | "grammar" | "seed" | "maxTokens" | "stop" | "scope"
  >;
}

/**
 * Fills in the defaults of a request. The first model answers requests that name none. `scope` is who the request is
 * from.
 */
export async function jobOf(
  request: ChatRequest,
  models: ReadonlyMap<string, ReadyModel>,
  scope?: string,
): Promise<Job> {
  const id = request.model ?? models.keys().next().value ?? "";
  const model = models.get(id);
  if (model === undefined) throw unknownModel(id, models);
  const { stop } = request;
  const speculative = request.speculative ?? {};
  const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const maxTokens = asked ?? model.maxTokens;
  if (model.maxTokens !== undefined && asked !== undefined && asked > model.maxTokens) {
    const message = `max_tokens is ${asked}; ${id} is served with at most ${model.maxTokens}.`;
    throw new ApiError(400, message, { param: "max_tokens", code: "invalid_value" });
  }
  return {
    model,
    speculation: chosenSpeculation(
      { policy: speculative.policy, draftTokens: speculative.draft_tokens, drafter: speculative.drafter },
      model,
      "speculative.policy",
    ),
    trace: speculative.trace === true,
    prompt: await model.writer.writeAsync(request.messages, {
      tools: request.tool_choice === "none" ? undefined : (request.tools ?? undefined),
    }),
    options: {
      sampling: chosenSampling(
        { temperature: request.temperature, topK: request.top_k, topP: request.top_p, minP: request.min_p },
        model.sampling,
      ),
      seed: request.seed ?? randomSeed(),
      processors: processorsOf(request, { vocabulary: model.vocabulary, eos: model.target.eos }, maxTokens),
      grammar: request.response_format == null ? undefined : model.grammars(request.response_format),
      maxTokens,
      stop: typeof stop === "string" ? [stop] : (stop ?? []),
      scope,
    },
  };
}

export function unknownModel(id: string, models: ReadonlyMap<string, ServedModel>): ApiError {
  const known = [...models.keys()].join(", ");
  return new ApiError(404, `The model ${quoted(id)} does not exist. Known: ${known}.`, {
    param: "model",
    code: "model_not_found",
  });
}

/** Waits for its turn, then decodes. The turn ends when the events end, for any reason. */
export async function* run(
  job: Job,
  queue: Queue,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const { model, prompt, speculation, trace, options } = job;
  const { verifier, draftTokens, createDrafter } = speculation;
  const { target, tokenizer, writer } = model;
  const { control } = writer;
  const leave = await queue.enter(signal);
  try {
    const own = createDrafter?.();
    // What the grammar forces is drafted for free.
    const drafter = own === undefined || options.grammar === undefined ? own : forcedDrafter(own);
    let lastBreak = Date.now();
    for await (const event of generate(prompt, {
      target,
      tokenizer,
      control,
      drafter,
      verifier,
      draftTokens,
      trace,
      signal,
      ...options,
    })) {
      yield event;
      if (Date.now() - lastBreak < breakAfter) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      lastBreak = Date.now();
    }
  } finally {
    leave();
  }
}

/**
 * Milliseconds. Without a break, a model that runs on this thread would block all connections, and no client could
 * cancel.
 */
const breakAfter = 25;

function randomSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}
