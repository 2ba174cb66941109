/** Generates and prints one answer for `lenity chat` and `lenity complete`. */
import { type Answer, type EmittedToken, generate, LenityError, type Policy, type Token } from "@lenity/core";
import { chosenSampling, metricsOf, type Speculation, traceOf, usageOf } from "@lenity/server";
import type { LoadModelsOptions, ServedModels } from "./load-models.ts";
import { print } from "./output.ts";
import type { TokenColors } from "./token-colors.ts";

/** Options of both commands. Sampling settings default to those recommended in the model's folder. */
export interface AnswerOptions extends LoadModelsOptions {
  readonly policy: Policy;
  readonly draftTokens?: number | "auto" | undefined;
  readonly drafter?: string | undefined;
  readonly blockExact?: boolean | undefined;
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly seed: number;
  readonly maxTokens?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly trace?: boolean | undefined;
}

/** The tokens to continue from. */
export interface Prompt {
  readonly tokens: readonly Token[];
  /** Tokens that only the chat template may write, if the prompt comes from one. Lossy rules do not relax them. */
  readonly control?: ReadonlySet<Token> | undefined;
  /** Whether the output continues the text of the prompt, rather than answering it. */
  readonly continues: boolean;
}

/** How an answer is generated and shown. */
export interface Answering {
  readonly speculation: Speculation;
  readonly options: AnswerOptions;
  /** Shows who accepted each token. Undefined: plain text. */
  readonly colors?: TokenColors | undefined;
  /** Ends the answer where it is. */
  readonly signal?: AbortSignal | undefined;
}

/** What has been answered. */
export interface Answered {
  readonly text: string;
  readonly tokens: readonly EmittedToken[];
  /** Target passes. */
  readonly passes: number;
  readonly milliseconds: number;
  /** The finished answer; undefined if the signal stopped it. */
  readonly answer: Answer | undefined;
}

/** Generates an answer and prints it as it arrives: text and a line break, or one JSON object if it is finished. */
export async function answer(
  models: ServedModels,
  { tokens: prompt, control, continues }: Prompt,
  { speculation, options, colors, signal }: Answering,
): Promise<Answered> {
  const { target, tokenizer } = models;
  const { verifier, draftTokens, maxDraftTokens, createDrafter, blockExact } = speculation;
  const before = continues ? prompt : [];
  const began = performance.now();
  const events = generate(prompt, {
    target,
    tokenizer,
    control,
    verifier,
    drafter: createDrafter?.(),
    draftTokens,
    maxDraftTokens,
    blockExact,
    sampling: chosenSampling(options, models.sampling),
    seed: options.seed,
    maxTokens: options.maxTokens,
    stop: options.stop,
    trace: options.trace,
    continues,
    signal,
  });
  const shown = colors?.answer(tokenizer, before) ?? (({ text }) => text);
  const tokens: EmittedToken[] = [];
  let [text, passes] = ["", 0];
  let finished: Answer | undefined;
  try {
    for await (const event of events) {
      if (event.type === "finish") finished = event.answer;
      else {
        tokens.push(...event.tokens);
        text += event.text;
        passes += passesOf(event.tokens);
        if (options.json !== true) process.stdout.write(shown(event));
      }
    }
  } catch (error) {
    const stopped = signal?.aborted === true && error instanceof LenityError && error.code === "aborted";
    if (stopped || (options.json !== true && text !== "")) process.stdout.write("\n");
    if (!stopped) throw error;
  }
  if (finished !== undefined && options.json === true) {
    const entries = options.trace === true ? { trace: traceOf(finished, tokenizer, before) } : {};
    print(JSON.stringify({ ...report(finished, speculation), ...entries }));
  } else if (finished !== undefined) process.stdout.write("\n");
  return { text, tokens, passes, milliseconds: performance.now() - began, answer: finished };
}

/** The target's passes in a round: one, or in plain decoding one for each of its tokens. */
const passesOf = (tokens: readonly EmittedToken[]): number =>
  Math.max(Math.min(1, tokens.length), tokens.filter(({ source }) => source === "target").length);

function report(answer: Answer, { policy, verifier, maxDraftTokens }: Speculation): object {
  return {
    text: answer.text,
    finish_reason: answer.reason,
    usage: usageOf(answer),
    metrics: metricsOf(answer, {
      policy,
      law: verifier.law,
      budget: verifier.budget,
      maxDraftTokens,
    }),
  };
}
