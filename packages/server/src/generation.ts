import { type GenerateEvent, type GenerateOptions, generate, type Token } from "@lenity/core";
import { quoted } from "@lenity/core/internal";
import { ApiError } from "./api-error.ts";
import type { ChatMessage } from "./chat-message.ts";
import { chosenSampling } from "./chosen-sampling.ts";
import { encodeAside, promptEncoding } from "./encode-prompt.ts";
import { promptText } from "./prompt.ts";
import type { Queue } from "./queue.ts";
import type { ChatRequest, ChatTool } from "./request.ts";
import type { ServedModel } from "./served-model.ts";
import { type Speculation, speculationOf } from "./speculation.ts";

/** A served model whose template is parsed. */
export interface ReadyModel extends ServedModel {
  readonly write: (messages: readonly ChatMessage[], tools?: readonly ChatTool[]) => Promise<Token[]>;
  /** Tokens that lossy rules leave alone: those that only the template may write, and those that end an answer. */
  readonly control: ReadonlySet<Token>;
}

/** Parses the template and creates the default policy once, so that a mistake in them stops the server and not an answer. */
export function ready(model: ServedModel): ReadyModel {
  speculationOf(model);
  const text = promptText(model);
  const encoding = promptEncoding(model.tokenizer, text.control);
  return {
    ...model,
    write: (messages, tools) => encodeAside(text(messages, tools), encoding, model),
    control: new Set([...text.control.all, ...model.target.eos]),
  };
}

/** One answer to be made. */
export interface Job {
  readonly model: ReadyModel;
  readonly prompt: readonly Token[];
  readonly speculation: Speculation;
  readonly options: Pick<GenerateOptions, "sampling" | "seed" | "maxTokens" | "stop" | "scope">;
}

/** Fills in what the request leaves open. The first model answers requests that name none. `scope` is whose the request is. */
export async function jobOf(request: ChatRequest, models: ReadonlyMap<string, ReadyModel>, scope?: string): Promise<Job> {
  const id = request.model ?? models.keys().next().value ?? "";
  const model = models.get(id);
  if (model === undefined) throw unknownModel(id, models);
  const { stop } = request;
  return {
    model,
    speculation: speculationOf(model, request.speculative ?? {}),
    prompt: await model.write(request.messages, request.tool_choice === "none" ? undefined : (request.tools ?? undefined)),
    options: {
      sampling: chosenSampling(
        { temperature: request.temperature, topK: request.top_k, topP: request.top_p, minP: request.min_p },
        model.sampling,
      ),
      seed: request.seed ?? randomSeed(),
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      stop: typeof stop === "string" ? [stop] : (stop ?? []),
      scope,
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
  const { target, tokenizer, control } = model;
  const leave = await queue.enter(signal);
  try {
    const drafter = draftTokens === 0 ? undefined : createDrafter?.();
    let turned = Date.now();
    for await (const event of generate(prompt, { target, tokenizer, control, drafter, verifier, draftTokens, trace, signal, ...options })) {
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
