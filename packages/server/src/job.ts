import { type GenerateEvent, type GenerateOptions, generate, greedy, quoted, type Token } from "@lenity/core";
import { ApiError } from "./api-error.ts";
import { type PromptWriter, promptWriter } from "./prompt.ts";
import type { Queue } from "./queue.ts";
import type { ChatRequest } from "./request.ts";
import type { ServedModel } from "./served-model.ts";
import { type Speculation, speculationOf } from "./speculation.ts";

/** A served model whose template is parsed. */
export interface ReadyModel extends ServedModel {
  readonly write: PromptWriter;
}

/** Parses the template and creates the default policy once, so that a mistake in them stops the server and not an answer. */
export function ready(model: ServedModel): ReadyModel {
  speculationOf(model);
  return { ...model, write: promptWriter(model) };
}

/** One answer to be made. */
export interface Job {
  readonly model: ReadyModel;
  readonly prompt: readonly Token[];
  readonly speculation: Speculation;
  readonly options: Pick<GenerateOptions, "sampling" | "seed" | "maxTokens" | "stop">;
}

/** Fills in what the request leaves open. The first model answers requests that name none. */
export function jobOf(request: ChatRequest, models: ReadonlyMap<string, ReadyModel>): Job {
  const id = request.model ?? models.keys().next().value ?? "";
  const model = models.get(id);
  if (model === undefined) throw unknownModel(id, models);
  const { stop } = request;
  const defaults = model.sampling;
  return {
    model,
    speculation: speculationOf(model, request.speculative ?? {}),
    prompt: model.write(request.messages, request.tool_choice === "none" ? undefined : (request.tools ?? undefined)),
    options: {
      sampling: {
        temperature: request.temperature ?? defaults?.temperature ?? 1,
        topK: Math.max(0, request.top_k ?? defaults?.topK ?? greedy.topK),
        // No share at all still leaves the most probable token: its own is always larger than this.
        topP: Math.max(1e-9, request.top_p ?? defaults?.topP ?? greedy.topP),
        minP: request.min_p ?? defaults?.minP ?? greedy.minP,
      },
      seed: request.seed ?? randomSeed(),
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      stop: typeof stop === "string" ? [stop] : (stop ?? []),
    },
  };
}

export function unknownModel(id: string, models: ReadonlyMap<string, ServedModel>): ApiError {
  const known = [...models.keys()].join(", ");
  return new ApiError(404, `The model ${quoted(id)} does not exist. Known: ${known}.`, { param: "model", code: "model_not_found" });
}

/** Waits for its turn, then decodes. The turn ends with the events, however they end. */
export async function* run(job: Job, queue: Queue, signal: AbortSignal): AsyncGenerator<GenerateEvent, void, undefined> {
  const { model, prompt, speculation, options } = job;
  const { verifier, draftTokens, trace, createDrafter } = speculation;
  const { target, tokenizer } = model;
  const leave = await queue.enter(signal);
  try {
    const drafter = draftTokens === 0 ? undefined : createDrafter?.();
    let turned = Date.now();
    for await (const event of generate(prompt, { target, tokenizer, drafter, verifier, draftTokens, trace, signal, ...options })) {
      yield event;
      if (Date.now() - turned < turnAfter) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      turned = Date.now();
    }
  } finally {
    leave();
  }
}

/** Milliseconds. A model that computes on this thread would otherwise starve the connections, and nobody could cancel. */
const turnAfter = 25;

function randomSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}
