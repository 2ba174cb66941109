import { alignVocabulary } from "./align-vocabulary.ts";
import { closing } from "./closing.ts";
import { decode } from "./decode.ts";
import type { EmittedToken } from "./decode-event.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { LenityError } from "./error.ts";
import type { Counters } from "./metrics.ts";
import type { Token } from "./model.ts";
import { stopStrings, textStream } from "./text-stream.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface GenerateOptions extends Omit<DecodeOptions, "stop"> {
  readonly tokenizer: Tokenizer;
  /** Strings that end the answer. They are not included in it. */
  readonly stop?: readonly string[] | undefined;
  /**
   * Whether the text continues the prompt's text, so that a leading space is kept. Default: false, it is a separate
   * answer.
   */
  readonly continues?: boolean | undefined;
}

/** A finished answer. */
export interface Answer {
  readonly text: string;
  readonly reason: "stop" | "length";
  readonly promptTokens: number;
  readonly tokens: readonly EmittedToken[];
  readonly counters: Counters;
}

export type GenerateEvent =
  | { readonly type: "delta"; readonly text: string; readonly tokens: readonly EmittedToken[] }
  | { readonly type: "finish"; readonly answer: Answer };

/**
 * `decode` with text: yields the text and the tokens of each round, then the whole answer. The prompt is text or
 * tokens. Target ids without a token in the tokenizer are never emitted (see `alignVocabulary`). The drafter is always
 * closed, even if the events are never read.
 */
export function generate(
  prompt: string | readonly Token[],
  options: GenerateOptions,
): AsyncGenerator<GenerateEvent, void, undefined> {
  let begun = false;
  const begin: typeof decode = (ids, how) => {
    begun = true;
    return decode(ids, how);
  };
  // Once `decode` has been called, it closes the drafter.
  return closing(answering(prompt, options, begin), () => (begun ? undefined : options.drafter?.close()));
}

async function* answering(
  prompt: string | readonly Token[],
  options: GenerateOptions,
  begin: typeof decode,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const { tokenizer, stop = [], continues = false, ...rest } = options;
  if (stop.includes(""))
    throw new LenityError("invalid_request", "A stop string is empty; expected text.", { path: "stop" });
  const vocabulary = Math.min(tokenizer.vocabulary, rest.target.vocabulary);
  const target = alignVocabulary(rest.target, { vocabulary, unused: tokenizer.unused });
  const ids = typeof prompt === "string" ? tokenizer.encode(prompt) : prompt;
  const stream = textStream(tokenizer, continues ? ids : []);
  const stops = stopStrings(stop);
  const control = rest.control ?? new Set([...tokenizer.special, ...target.eos]);
  const tokens: EmittedToken[] = [];
  let text = "";
  let pending = "";

  const onToken = (token: Token): boolean => {
    pending += stops.push(stream.push(token));
    return stops.found !== undefined;
  };
  for await (const event of begin(ids, { ...rest, control, target, stop: onToken })) {
    if (event.type === "finish") {
      const tail = stops.push(stream.end()) + stops.end();
      if (tail !== "") yield { type: "delta", text: tail, tokens: [] };
      const answer: Answer = {
        text: text + tail,
        reason: event.reason,
        promptTokens: ids.length,
        tokens,
        counters: event.counters,
      };
      yield { type: "finish", answer };
      return;
    }
    tokens.push(...event.tokens);
    text += pending;
    yield { type: "delta", text: pending, tokens: event.tokens };
    pending = "";
  }
}

/** Resolves to the whole answer. */
export async function complete(prompt: string | readonly Token[], options: GenerateOptions): Promise<Answer> {
  for await (const event of generate(prompt, options)) if (event.type === "finish") return event.answer;
  throw new Error("generate() ended without an answer.");
}
