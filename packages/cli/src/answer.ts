/** Generates and prints one answer for `lenity chat` and `lenity complete`. */
import { styleText } from "node:util";
import { type Answer, generate, type Policy, type Token, type Verifier } from "@lenity/core";
import { chosenSampling, metricsOf, type Speculation, type TraceEntry, traceOf, tracer, usageOf } from "@lenity/server";
import type { LoadedModels, LoadModelsOptions } from "./load-models.ts";
import { print } from "./output.ts";

/** Options of both commands. Sampling settings default to those recommended in the model's folder. */
export interface AnswerOptions extends LoadModelsOptions {
  readonly policy: Policy;
  readonly draftTokens?: number | undefined;
  readonly drafter?: string | undefined;
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

/** Generates an answer and prints it as it arrives. Returns its text. */
export async function answer(
  models: LoadedModels,
  { tokens: prompt, control, continues }: Prompt,
  speculation: Speculation,
  options: AnswerOptions,
): Promise<string> {
  const { target, tokenizer } = models;
  const { verifier, draftTokens, createDrafter } = speculation;
  const before = continues ? prompt : [];
  const began = performance.now();
  const events = generate(prompt, {
    target,
    tokenizer,
    control,
    verifier,
    drafter: createDrafter?.(),
    draftTokens,
    sampling: chosenSampling(options, models.sampling),
    seed: options.seed,
    maxTokens: options.maxTokens,
    stop: options.stop,
    trace: options.trace,
    continues,
  });
  const trace = tracer(tokenizer, before);
  let text = "";
  for await (const event of events) {
    if (event.type === "delta") {
      if (options.json !== true)
        process.stdout.write(options.trace === true ? colored(trace(event.tokens)) : event.text);
      continue;
    }
    const { answer } = event;
    text = answer.text;
    if (options.json === true) {
      const entries = options.trace === true ? { trace: traceOf(answer, tokenizer, before) } : {};
      print(JSON.stringify({ ...report(answer, speculation), ...entries }));
    } else summarise(answer, verifier, performance.now() - began, options.trace === true);
  }
  return text;
}

function report(answer: Answer, { policy, verifier, draftTokens }: Speculation): object {
  return {
    text: answer.text,
    finish_reason: answer.reason,
    usage: usageOf(answer),
    metrics: metricsOf(answer, {
      policy,
      law: verifier.law,
      budget: verifier.budget,
      draftTokens,
    }),
  };
}

/** The colour of a token by its source; `legend` in `summarise` explains them. */
const colors = { strict: "reset", relaxed: "yellow", replacement: "red", bonus: "cyan", target: "reset" } as const;

function colored(entries: readonly TraceEntry[]): string {
  return entries
    .filter(({ token }) => token !== "")
    .map(({ token, source, relaxed }) => {
      const kind = source !== "draft" ? source : relaxed ? "relaxed" : "strict";
      return styleText(colors[kind], token);
    })
    .join("");
}

/** Figures go to standard error, so that the text can be piped. */
function summarise({ counters, reason }: Answer, verifier: Verifier, milliseconds: number, trace: boolean): void {
  process.stdout.write("\n");
  const figures = [
    `${counters.emitted} tokens in ${counters.rounds} target passes (${(counters.emitted / Math.max(1, counters.rounds)).toFixed(1)} per pass)`,
    `${((1000 * counters.emitted) / milliseconds).toFixed(0)} tokens/s`,
    `${verifier.name}: ${counters.accepted} of ${counters.drafted} drafted tokens accepted, ${counters.relaxed} by relaxation`,
    ...(reason === "length" ? ["cut off at the token limit"] : []),
  ];
  console.error(styleText("dim", figures.join(" · ")));
  if (trace) {
    const legend = [
      "accepted strictly",
      styleText("yellow", "accepted by relaxation"),
      styleText("red", "replacement"),
      styleText("cyan", "bonus"),
    ];
    console.error(legend.join(styleText("dim", " · ")));
  }
}
