/** Where the rounds of one answer spend their time. */
import { type Drafter, generate, type LanguageModel, type Token, type Tokenizer, type Verifier } from "@lenity/core";
import { type ReplyTimes, replyTimes } from "@lenity/onnx";
import { passesOf } from "./passes.ts";

/** Milliseconds of a round. */
export interface Breakdown {
  /** Runs of ONNX Runtime. */
  readonly draft: number;
  readonly target: number;
  /** Between the threads: from sending a request until its reply, without the worker's work on it. */
  readonly messages: number;
  /** JavaScript in the workers: of a pair also the rule, the numbers that it reads, and drawing. */
  readonly workers: number;
  /** What is left: counting, and text. */
  readonly rest: number;
  /** All of it. */
  readonly whole: number;
}

export interface BreakdownOptions {
  readonly target: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** For an answer that speculates. */
  readonly drafter?: Drafter | undefined;
  readonly verifier?: Verifier | undefined;
  readonly prompt: readonly Token[];
  readonly maxTokens: number;
  /** Tokens drafted in each round; 0 decodes plainly. */
  readonly draftTokens: number;
}

/**
 * Answers the prompt, and returns what a round took on average, over all rounds but the first, which also runs the
 * prompt. The models must have been loaded while `replyTimes` had a subscriber.
 */
export async function breakdown(options: BreakdownOptions): Promise<Breakdown> {
  const { drafter, verifier, target, tokenizer, prompt, maxTokens, draftTokens } = options;
  const spent = { draft: 0, target: 0, messages: 0, workers: 0 };
  const reset = () => Object.assign(spent, { draft: 0, target: 0, messages: 0, workers: 0 });
  const listen = (message: unknown) => {
    const { roundTrip, handled, runs } = message as ReplyTimes;
    let run = 0;
    for (const { model, milliseconds } of runs) {
      spent[model === target.name ? "target" : "draft"] += milliseconds;
      run += milliseconds;
    }
    spent.messages += roundTrip - handled;
    spent.workers += handled - run;
  };
  const speculation = drafter === undefined ? {} : { drafter, verifier };
  let [began, rounds] = [0, -1];
  replyTimes.subscribe(listen);
  try {
    for await (const event of generate(prompt, { target, tokenizer, maxTokens, draftTokens, ...speculation })) {
      if (event.type === "finish") break;
      if (event.tokens.length === 0) continue;
      if (rounds >= 0) {
        rounds += passesOf(event.tokens);
        continue;
      }
      rounds = 0;
      reset();
      began = performance.now();
    }
  } finally {
    replyTimes.unsubscribe(listen);
  }
  const whole = performance.now() - began;
  const rest = whole - Object.values(spent).reduce((sum, part) => sum + part, 0);
  const parts = Object.entries({ ...spent, rest, whole }).map(([name, value]) => [name, value / rounds]);
  return Object.fromEntries(parts) as Breakdown;
}
