import {
  alignVocabulary,
  forcedDrafter,
  type GenerateEvent,
  generate,
  type Logprobs,
  promptLogprobs,
  topLogprobs,
} from "@lenity/core";
import type { Job } from "./job.ts";
import type { Queue } from "./queue.ts";

/** An event of one of a request's choices. `prompt` comes first, if the log probabilities of the prompt are asked. */
export type ChoiceEvent = (
  | GenerateEvent
  | { readonly type: "prompt"; readonly logprobs: readonly (Logprobs | undefined)[] }
) & { readonly index: number };

/**
 * Generates the choices of a request one after another, so that the prompt's cache of the first serves the others. Each
 * waits for a turn of its own, which ends when its events end, for any reason; other requests may come in between.
 */
export async function* run(
  jobs: readonly Job[],
  queue: Queue,
  signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  let leave = await queue.enter(signal);
  try {
    let prompt: PromptScores | undefined;
    for (const [index, job] of jobs.entries()) {
      if (index > 0) leave = await turnAfter(leave, queue, signal);
      if (job.promptLogprobs !== undefined) {
        if (prompt?.of !== job.prompt) prompt = await scored(job, job.promptLogprobs, signal);
        yield { type: "prompt", logprobs: prompt.logprobs, index };
      }
      for await (const event of breathing(answering(job, signal))) yield { ...event, index };
    }
  } finally {
    leave();
  }
}

/**
 * Goes to the end of the line. Never refused: between leaving and entering no other request can arrive, and the line
 * cannot be full, since its first has just left it.
 */
function turnAfter(leave: () => void, queue: Queue, signal: AbortSignal): Promise<() => void> {
  leave();
  return queue.enter(signal);
}

function answering(job: Job, signal: AbortSignal): AsyncGenerator<GenerateEvent, void, undefined> {
  const { model, prompt, tokenizer, speculation, trace, logprobs, options } = job;
  const { verifier, draftTokens, maxDraftTokens, createDrafter, blockExact } = speculation;
  const { target, writer } = model;
  const own = createDrafter?.();
  // What the grammar forces is drafted for free.
  const drafter = own === undefined || options.grammar === undefined ? own : forcedDrafter(own);
  const { control } = writer;
  return generate(prompt, {
    ...{ target, tokenizer, control, drafter, verifier, draftTokens, maxDraftTokens, blockExact, trace, signal },
    logprobs: logprobs === undefined ? undefined : topLogprobs(logprobs),
    ...options,
  });
}

interface PromptScores {
  readonly of: Job["prompt"];
  readonly logprobs: readonly (Logprobs | undefined)[];
}

async function scored({ model, prompt, options }: Job, top: number, signal: AbortSignal): Promise<PromptScores> {
  const { vocabulary, tokenizer } = model;
  const target = alignVocabulary(model.target, { vocabulary, unused: tokenizer.unused });
  return { of: prompt, logprobs: await promptLogprobs(prompt, { target, top, signal, scope: options.scope }) };
}

/**
 * Milliseconds. Without a break, a model that runs on this thread would block all connections, and no client could
 * cancel.
 */
const breakAfter = 25;

/** The events, with a break in between now and then. */
async function* breathing<Event>(events: AsyncGenerator<Event, void, undefined>): AsyncGenerator<Event> {
  let lastBreak = Date.now();
  for await (const event of events) {
    yield event;
    if (Date.now() - lastBreak < breakAfter) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    lastBreak = Date.now();
  }
}
