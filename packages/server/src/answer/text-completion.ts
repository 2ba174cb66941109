/** Answers to completion requests in OpenAI's legacy format, whole or in chunks. */
import type { Answer, Logprobs } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { AnswerEvents } from "./answer-events.ts";
import { type Envelope, type Facts, metricsIn, places } from "./completion.ts";
import type { Job } from "./job.ts";
import { totalUsage, type Usage } from "./metrics.ts";
import { pieces, type WholeChoice } from "./pieces.ts";
import { promptTexts, type TextPrompt, type TextWork } from "./text-job.ts";
import {
  idLogprobs,
  lengthOf,
  type PromptLogprob,
  promptLogprobsOf,
  type ScoredText,
  scoredTexts,
  type TextLogprobs,
  textLogprobs,
} from "./text-logprobs.ts";

/** A choice, or a piece of one: in chunks, `finish_reason` is null but on the last. */
export interface TextChoice extends Facts {
  /** Choices of the first prompt come first. */
  readonly index: number;
  readonly text: string;
  readonly logprobs: TextLogprobs | null;
  readonly finish_reason: Answer["reason"] | null;
  /** In vLLM's shape, if they were requested. */
  readonly prompt_logprobs?: readonly (PromptLogprob | null)[] | undefined;
}

/** A whole answer, or a piece of a streamed one. */
export interface TextCompletion extends Envelope, Facts {
  readonly object: "text_completion";
  readonly choices: readonly TextChoice[];
  readonly usage?: Usage | null | undefined;
}

export function textCompletionOf(choices: readonly WholeChoice[], work: TextWork, envelope: Envelope): TextCompletion {
  const { jobs } = work;
  const { inChoice, atRoot } = places(jobs);
  const all = choices.map(({ answer, tokens, trace, promptLogprobs }, index) => {
    const job = jobs[index] as Job;
    const writer = writerOf(work, index);
    const scored = [...writer.echo(promptLogprobs), ...scoredTexts(tokens ?? [])];
    const choice: TextChoice = {
      index,
      text: writer.echoed + answer.text,
      logprobs: writer.byId(answer.tokens) ?? writer.logprobs(scored),
      finish_reason: answer.reason,
      prompt_logprobs: writer.promptLogprobs(promptLogprobs),
    };
    return { choice, facts: { metrics: metricsIn(answer, job), trace } };
  });
  return {
    ...envelope,
    object: "text_completion",
    choices: all.map(({ choice, facts }) => ({ ...choice, ...inChoice(facts) })),
    usage: totalUsage(
      choices.map(({ answer }) => answer),
      jobs,
    ),
    ...atRoot(all[0]?.facts ?? {}),
  };
}

/** The prompt if it is echoed, then text as it arrives, then the finish reason. */
export function textChunksOf(
  events: AnswerEvents,
  work: TextWork,
  envelope: Envelope,
  includeUsage: boolean,
): AsyncGenerator<TextCompletion, void, undefined> {
  return closing(chunks(events, work, envelope, includeUsage), () => events.return());
}

async function* chunks(
  events: AnswerEvents,
  work: TextWork,
  envelope: Envelope,
  includeUsage: boolean,
): AsyncGenerator<TextCompletion, void, undefined> {
  const { jobs } = work;
  const start = { ...envelope, object: "text_completion", usage: includeUsage ? null : undefined } as const;
  const { inChoice, atRoot } = places(jobs);
  const answers: Answer[] = [];
  let writer: ReturnType<typeof writerOf> | undefined;
  let prompt: readonly (Logprobs | undefined)[] | undefined;

  for await (const piece of pieces(events, jobs)) {
    const { index } = piece;
    if (piece.type === "prompt") prompt = piece.logprobs;
    if (writer?.index !== index) {
      writer = writerOf(work, index);
      const [text, logprobs] = [writer.echoed, writer.logprobs(writer.echo(prompt))];
      if (text !== "") yield { ...start, choices: [{ index, text, logprobs, finish_reason: null }] };
      prompt = undefined;
    }
    if (piece.type === "text") {
      const facts = { trace: piece.trace };
      const logprobs = writer.logprobs(scoredTexts(piece.tokens ?? []));
      const choices = [{ index, text: piece.text, logprobs, finish_reason: null, ...inChoice(facts) }];
      yield { ...start, choices, ...atRoot(facts) };
    } else if (piece.type === "end") {
      answers.push(piece.answer);
      const facts = { metrics: metricsIn(piece.answer, jobs[index] as Job) };
      const choice = { index, text: "", logprobs: null, finish_reason: piece.answer.reason };
      yield { ...start, choices: [{ ...choice, ...inChoice(facts) }], ...(includeUsage ? {} : atRoot(facts)) };
    }
  }
  if (!includeUsage) return;
  const [first] = answers;
  const facts = first === undefined ? {} : atRoot({ metrics: metricsIn(first, jobs[0] as Job) });
  yield { ...start, choices: [], usage: totalUsage(answers, jobs), ...facts };
}

/** Writes one choice: its echo and its log probabilities, whose offsets go on from piece to piece. */
function writerOf({ jobs, prompts, echo, byId, promptLogprobs }: TextWork, index: number) {
  const { model, logprobs: count } = jobs[index] as Job;
  const { tokenizer } = model;
  const prompt = prompts[index] as TextPrompt;
  const write = count === undefined ? undefined : textLogprobs(tokenizer, count, echo ? 0 : lengthOf(prompt.text));
  return {
    index,
    echoed: echo ? prompt.text : "",
    /** The prompt's tokens, if it is echoed. */
    echo(all: readonly (Logprobs | undefined)[] | undefined): ScoredText[] {
      if (!echo || write === undefined) return [];
      return promptTexts(tokenizer, prompt.ids).map((text, at) => ({ text, logprobs: all?.[at] }));
    },
    /** Those of the whole answer with ids instead of texts, if that was requested. */
    byId: (tokens: Answer["tokens"]): TextLogprobs | undefined =>
      byId && count !== undefined ? idLogprobs(tokens, tokenizer, { count, offset: lengthOf(prompt.text) }) : undefined,
    logprobs: (tokens: readonly ScoredText[]): TextLogprobs | null => write?.(tokens) ?? null,
    promptLogprobs: (all: readonly (Logprobs | undefined)[] | undefined) =>
      promptLogprobs === undefined || all === undefined ? undefined : promptLogprobsOf(all, tokenizer, promptLogprobs),
  };
}
