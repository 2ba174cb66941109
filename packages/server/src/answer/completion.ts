import type { Answer } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { AnswerEvents } from "./answer-events.ts";
import type { Job } from "./generation.ts";
import { type Metrics, metricsOf, type TraceEntry, traceOf, tracer, type Usage, usageOf } from "./metrics.ts";

/** Fields shared by all parts of one answer. */
export interface Envelope {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** A whole answer in OpenAI's format. */
export interface ChatCompletion extends Envelope {
  readonly object: "chat.completion";
  readonly choices: readonly [
    {
      readonly index: 0;
      readonly message: { readonly role: "assistant"; readonly content: string; readonly refusal: null };
      readonly logprobs: null;
      readonly finish_reason: Answer["reason"];
    },
  ];
  readonly usage: Usage;
  readonly metrics: Metrics;
  readonly trace?: readonly TraceEntry[] | undefined;
}

/** A piece of a streamed answer. */
export interface ChatChunk extends Envelope {
  readonly object: "chat.completion.chunk";
  readonly choices: readonly {
    readonly index: 0;
    readonly delta: { readonly role?: "assistant" | undefined; readonly content?: string | undefined };
    readonly logprobs: null;
    readonly finish_reason: Answer["reason"] | null;
  }[];
  /** If it was requested: null on all chunks but the last. */
  readonly usage?: Usage | null | undefined;
  readonly metrics?: Metrics | undefined;
  readonly trace?: readonly TraceEntry[] | undefined;
}

export function completionOf(answer: Answer, { model, speculation, trace }: Job, envelope: Envelope): ChatCompletion {
  const message = { role: "assistant", content: answer.text, refusal: null } as const;
  return {
    ...envelope,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.reason }],
    usage: usageOf(answer),
    metrics: metrics(answer, speculation),
    trace: trace ? traceOf(answer, model.tokenizer) : undefined,
  };
}

/** The role, then text as it arrives, then the finish reason. The metrics are on the last chunk. */
export function chunksOf(
  events: AnswerEvents,
  job: Job,
  envelope: Envelope,
  includeUsage: boolean,
): AsyncGenerator<ChatChunk, void, undefined> {
  return closing(chunks(events, job, envelope, includeUsage), () => events.return());
}

async function* chunks(
  events: AnswerEvents,
  { model, speculation, trace: traced }: Job,
  envelope: Envelope,
  includeUsage: boolean,
): AsyncGenerator<ChatChunk, void, undefined> {
  const start = { ...envelope, object: "chat.completion.chunk", usage: includeUsage ? null : undefined } as const;
  const choice = { index: 0, delta: {}, logprobs: null, finish_reason: null } as const;
  const trace = traced ? tracer(model.tokenizer) : undefined;

  yield { ...start, choices: [{ ...choice, delta: { role: "assistant", content: "" } }] };
  for await (const event of events) {
    if (event.type === "finish") {
      const choices = [{ ...choice, finish_reason: event.answer.reason }];
      const last = metrics(event.answer, speculation);
      yield { ...start, choices, metrics: includeUsage ? undefined : last };
      if (includeUsage) yield { ...start, choices: [], usage: usageOf(event.answer), metrics: last };
      return;
    }
    const entries = trace?.(event.tokens);
    if (event.text === "" && (entries === undefined || entries.length === 0)) continue;
    yield { ...start, choices: [{ ...choice, delta: { content: event.text } }], trace: entries };
  }
}

function metrics(answer: Answer, { policy, verifier, draftTokens }: Job["speculation"]): Metrics {
  return metricsOf(answer, { policy, law: verifier.law, budget: verifier.budget, draftTokens });
}
