/** Chat answers in OpenAI's format, whole or in chunks. */
import type { Answer } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { AnswerEvents } from "./answer-events.ts";
import { type ChatLogprobs, chatLogprobs } from "./chat-logprobs.ts";
import { type ChatAnswer, type ChatDelta, chatAnswer, chatDeltas, type FinishReason } from "./chat-message.ts";
import type { Job } from "./job.ts";
import { type Metrics, metricsOf, type TraceEntry, totalUsage, type Usage } from "./metrics.ts";
import { pieces, type WholeChoice } from "./pieces.ts";
import type { TokenText } from "./token-texts.ts";

/** Fields shared by all parts of one answer. */
export interface Envelope {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** What lenity adds: to the answer if it has one choice, else to each choice. */
export interface Facts {
  readonly metrics?: Metrics | undefined;
  readonly trace?: readonly TraceEntry[] | undefined;
}

/** A whole answer in OpenAI's format. */
export interface ChatCompletion extends Envelope, Facts {
  readonly object: "chat.completion";
  readonly choices: readonly (Facts & {
    readonly index: number;
    readonly message: ChatAnswer;
    readonly logprobs: ChatLogprobs | null;
    readonly finish_reason: FinishReason;
  })[];
  readonly usage: Usage;
}

/** A piece of a streamed answer. */
export interface ChatChunk extends Envelope, Facts {
  readonly object: "chat.completion.chunk";
  readonly choices: readonly (Facts & {
    readonly index: number;
    readonly delta: ChatDelta;
    readonly logprobs: ChatLogprobs | null;
    readonly finish_reason: FinishReason | null;
  })[];
  /** If it was requested: null on all chunks but the last. */
  readonly usage?: Usage | null | undefined;
}

export function completionOf(
  choices: readonly WholeChoice[],
  jobs: readonly Job[],
  envelope: Envelope,
): ChatCompletion {
  const all = choices.map(({ answer, tokens, trace }, index) => {
    const job = jobs[index] as Job;
    const { message, reason } = chatAnswer(answer, job);
    const choice = { index, message, logprobs: logprobs(tokens, job), finish_reason: reason };
    return { choice, facts: { metrics: metricsIn(answer, job), trace } };
  });
  const { inChoice, atRoot } = places(jobs);
  return {
    ...envelope,
    object: "chat.completion",
    choices: all.map(({ choice, facts }) => ({ ...choice, ...inChoice(facts) })),
    usage: totalUsage(
      choices.map(({ answer }) => answer),
      jobs,
    ),
    ...atRoot(all[0]?.facts ?? {}),
  };
}

/** The role, then text as it arrives, then the finish reason. The metrics are on a choice's last chunk. */
export function chunksOf(
  events: AnswerEvents,
  jobs: readonly Job[],
  envelope: Envelope,
  includeUsage: boolean,
): AsyncGenerator<ChatChunk, void, undefined> {
  return closing(chunks(events, jobs, envelope, includeUsage), () => events.return());
}

async function* chunks(
  events: AnswerEvents,
  jobs: readonly Job[],
  envelope: Envelope,
  includeUsage: boolean,
): AsyncGenerator<ChatChunk, void, undefined> {
  const start = { ...envelope, object: "chat.completion.chunk", usage: includeUsage ? null : undefined } as const;
  const choice = { delta: {}, logprobs: null, finish_reason: null } as const;
  const { inChoice, atRoot } = places(jobs);
  const answers: Answer[] = [];
  const readers = jobs.map(chatDeltas);

  for (const index of jobs.keys()) {
    yield { ...start, choices: [{ index, ...choice, delta: { role: "assistant", content: "" } }] };
  }
  for await (const piece of pieces(events, jobs)) {
    const { index } = piece;
    const [job, reader] = [jobs[index] as Job, readers[index] as (typeof readers)[number]];
    if (piece.type === "text") {
      const facts = { trace: piece.trace };
      const [first, ...more] = reader.push(piece.text);
      // Tokens may arrive before it is known what their text belongs to.
      if (first !== undefined || piece.trace !== undefined || piece.tokens !== undefined) {
        const delta = first ?? { content: "" };
        const choices = [{ index, ...choice, delta, logprobs: logprobs(piece.tokens, job), ...inChoice(facts) }];
        yield { ...start, choices, ...atRoot(facts) };
      }
      for (const delta of more) yield { ...start, choices: [{ index, ...choice, delta }] };
    } else if (piece.type === "end") {
      answers.push(piece.answer);
      for (const delta of reader.end()) yield { ...start, choices: [{ index, ...choice, delta }] };
      const facts = { metrics: metricsIn(piece.answer, job) };
      const finish_reason = reader.reason(piece.answer.reason);
      const choices = [{ index, ...choice, finish_reason, ...inChoice(facts) }];
      yield { ...start, choices, ...(includeUsage ? {} : atRoot(facts)) };
    }
  }
  if (!includeUsage) return;
  const [first] = answers;
  const facts = first === undefined ? {} : atRoot({ metrics: metricsIn(first, jobs[0] as Job) });
  yield { ...start, choices: [], usage: totalUsage(answers, jobs), ...facts };
}

/** Where lenity's facts stand: beside the only choice, at the root as in vLLM, else in each choice. */
export function places(jobs: readonly Job[]): {
  readonly inChoice: (facts: Facts) => Facts;
  readonly atRoot: (facts: Facts) => Facts;
} {
  const [here, nowhere] = [(facts: Facts) => facts, () => ({})];
  return jobs.length === 1 ? { inChoice: nowhere, atRoot: here } : { inChoice: here, atRoot: nowhere };
}

const logprobs = (tokens: readonly TokenText[] | undefined, { model }: Job): ChatLogprobs | null =>
  tokens === undefined ? null : chatLogprobs(tokens, model.tokenizer);

export function metricsIn(answer: Answer, { speculation }: Job): Metrics {
  const { policy, verifier, maxDraftTokens } = speculation;
  return metricsOf(answer, { policy, law: verifier.law, budget: verifier.budget, maxDraftTokens });
}
