import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { styleText } from "node:util";
import { type Answer, generate, type Policy, type Verifier } from "@lenity/core";
import { type ChatMessage, metricsOf, promptWriter, type TraceEntry, traceOf, tracer, usageOf } from "@lenity/server";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";
import { blockLength, chooseDrafter } from "./options.ts";
import { print } from "./output.ts";

export interface ChatOptions extends EngineOptions {
  readonly policy: Policy;
  readonly draftTokens?: number | undefined;
  readonly drafter?: string | undefined;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly maxTokens?: number | undefined;
  readonly system?: string | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly trace?: boolean | undefined;
}

/** `lenity chat`: one answer, or a conversation at a terminal. */
export async function chat(question: string | undefined, options: ChatOptions): Promise<void> {
  const engine = await openEngine(options);
  try {
    engine.registry.create(options.policy); // a misspelt policy is told before the first question
    const messages: ChatMessage[] = options.system === undefined ? [] : [{ role: "system", content: options.system }];
    const ask = async (content: string) => {
      messages.push({ role: "user", content });
      messages.push({ role: "assistant", content: await answer(engine, messages, options) });
    };
    if (question !== undefined) await ask(question);
    else if (!process.stdin.isTTY) await ask((await text(process.stdin)).trim());
    else await converse(ask);
  } finally {
    await engine.close();
  }
}

/** Questions at a prompt until the input ends. */
async function converse(ask: (question: string) => Promise<void>): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const prompt = styleText("bold", "you › ");
  process.stdout.write(prompt);
  for await (const line of terminal) {
    if (line.trim() !== "") await ask(line.trim());
    process.stdout.write(prompt);
  }
  process.stdout.write("\n");
}

/** Answers the conversation so far, printing as text comes; returns the text. */
async function answer(engine: Engine, messages: readonly ChatMessage[], options: ChatOptions): Promise<string> {
  const { target, tokenizer, registry } = engine;
  const verifier = registry.create(options.policy);
  const draftTokens = blockLength(registry, options.policy, options.draftTokens, 16);
  const prompt = promptWriter(engine)(messages);
  const began = performance.now();
  const events = generate(prompt, {
    target,
    tokenizer,
    verifier,
    drafter: chooseDrafter(engine.drafters, options.drafter)(),
    draftTokens,
    sampling: options,
    seed: options.seed,
    maxTokens: options.maxTokens,
    stop: options.stop,
    trace: options.trace,
  });
  const trace = tracer(tokenizer);
  let text = "";
  for await (const event of events) {
    if (event.type === "delta") {
      if (options.json !== true) process.stdout.write(options.trace === true ? colored(trace(event.tokens)) : event.text);
      continue;
    }
    const { answer } = event;
    text = answer.text;
    if (options.json === true) print(JSON.stringify(report(answer, engine, verifier, options, draftTokens)));
    else summarise(answer, verifier, performance.now() - began, options.trace === true);
  }
  return text;
}

function report(answer: Answer, engine: Engine, verifier: Verifier, options: ChatOptions, draftTokens: number): object {
  return {
    text: answer.text,
    finish_reason: answer.reason,
    usage: usageOf(answer),
    metrics: metricsOf(answer, {
      policy: engine.registry.resolve(options.policy),
      law: verifier.law,
      budget: verifier.budget,
      draftTokens,
    }),
    ...(options.trace === true ? { trace: traceOf(answer, engine.tokenizer) } : {}),
  };
}

/** Each token in the colour of who put it there; `legend` names them. */
const colors = { strict: "reset", relaxed: "yellow", replacement: "red", bonus: "cyan", target: "reset" } as const;

function colored(entries: readonly TraceEntry[]): string {
  return entries
    .filter(({ token }) => token !== "")
    .map(({ token, source, by }) => {
      const kind = source !== "draft" ? source : by === "sd" || by === "exact" ? "strict" : "relaxed";
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
      `accepted as by the target alone`,
      styleText("yellow", "accepted by relaxation"),
      styleText("red", "replacement"),
      styleText("cyan", "bonus"),
    ];
    console.error(legend.join(styleText("dim", " · ")));
  }
}
