import type { Answer, Logprobs } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { Job } from "./job.ts";
import { type TraceEntry, tracer } from "./metrics.ts";
import type { ChoiceEvent } from "./run.ts";
import { type TokenText, tokenTexts } from "./token-texts.ts";

/** A part of one choice, in any format. */
export type Piece = { readonly index: number } & (
  | { readonly type: "prompt"; readonly logprobs: readonly (Logprobs | undefined)[] }
  | {
      readonly type: "text";
      readonly text: string;
      /** The tokens of the text, if log probabilities are asked. */
      readonly tokens: readonly TokenText[] | undefined;
      readonly trace: readonly TraceEntry[] | undefined;
    }
  | { readonly type: "end"; readonly answer: Answer }
);

/**
 * The choices' texts as they arrive, with their tokens and traces. If log probabilities are asked, a text ends with a
 * token, so that it is its tokens' texts joined.
 */
export function pieces(
  events: AsyncGenerator<ChoiceEvent, void, undefined>,
  jobs: readonly Job[],
): AsyncGenerator<Piece, void, undefined> {
  return closing(inPieces(events, jobs), () => events.return());
}

async function* inPieces(
  events: AsyncGenerator<ChoiceEvent, void, undefined>,
  jobs: readonly Job[],
): AsyncGenerator<Piece, void, undefined> {
  let current: ReturnType<typeof writerOf> | undefined;
  for await (const event of events) {
    const { index } = event;
    if (current?.index !== index) current = writerOf(jobs[index] as Job, index);
    if (event.type === "prompt") yield event;
    else if (event.type === "delta") yield* current.write(event.tokens, event.text);
    else {
      yield* current.end();
      yield { type: "end", index, answer: event.answer };
    }
  }
}

function writerOf({ tokenizer, prompt, trace, logprobs, options }: Job, index: number) {
  const before = options.continues === true ? prompt : undefined;
  const traced = trace ? tracer(tokenizer, before) : undefined;
  const texts = logprobs === undefined ? undefined : tokenTexts(tokenizer, before);
  const piece = (text: string, tokens?: readonly TokenText[], entries?: readonly TraceEntry[]): Piece[] => {
    const all = tokens === undefined ? text : tokens.map(({ text }) => text).join("");
    if (all === "" && (entries ?? []).length === 0 && (tokens ?? []).length === 0) return [];
    return [{ type: "text", index, text: all, tokens, trace: entries }];
  };
  return {
    index,
    write: (tokens: Answer["tokens"], text: string): Piece[] =>
      piece(text, texts?.push(tokens, text), traced?.(tokens)),
    end: (): Piece[] => piece("", texts?.end(), undefined),
  };
}

/** One choice in whole. */
export interface WholeChoice {
  readonly answer: Answer;
  readonly tokens: readonly TokenText[] | undefined;
  readonly trace: readonly TraceEntry[] | undefined;
  readonly promptLogprobs: readonly (Logprobs | undefined)[] | undefined;
}

/** Waits for all choices. */
export async function wholeChoices(
  events: AsyncGenerator<ChoiceEvent, void, undefined>,
  jobs: readonly Job[],
): Promise<WholeChoice[]> {
  const choices: WholeChoice[] = [];
  let [tokens, trace]: [TokenText[], TraceEntry[]] = [[], []];
  let promptLogprobs: WholeChoice["promptLogprobs"];
  for await (const piece of pieces(events, jobs)) {
    if (piece.type === "prompt") promptLogprobs = piece.logprobs;
    else if (piece.type === "text") {
      tokens.push(...(piece.tokens ?? []));
      trace.push(...(piece.trace ?? []));
    } else {
      const job = jobs[piece.index] as Job;
      choices.push({
        answer: piece.answer,
        tokens: job.logprobs === undefined ? undefined : tokens,
        trace: job.trace ? trace : undefined,
        promptLogprobs,
      });
      [tokens, trace, promptLogprobs] = [[], [], undefined];
    }
  }
  if (choices.length < jobs.length) throw new Error("run() ended without an answer.");
  return choices;
}
