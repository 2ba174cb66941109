/** The fields that chat and completion requests share. */
import * as v from "valibot";
import { type ResponseFormat, responseFormat } from "./response-format.ts";
import { among, expecting, object, plain } from "./schema.ts";
import { seedOf } from "./seed.ts";

export type Maybe<T> = T | null | undefined;

/** The `speculative` object of a request. */
export interface SpeculativeRequest {
  readonly policy?: unknown;
  readonly draft_tokens?: Maybe<number | "auto">;
  readonly drafter?: Maybe<string>;
  readonly block_exact?: Maybe<boolean>;
  readonly trace?: Maybe<boolean>;
}

/** A request that has been checked, except for what depends on the model. */
export interface AnswerRequest {
  readonly model?: Maybe<string>;
  readonly stream?: Maybe<boolean>;
  readonly stream_options?: Maybe<{ readonly include_usage?: Maybe<boolean> }>;
  readonly max_tokens?: Maybe<number>;
  /** Choices. */
  readonly n?: Maybe<number>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  /** 0 or −1, as in vLLM: all. */
  readonly top_k?: Maybe<number>;
  readonly min_p?: Maybe<number>;
  /** Always a safe integer (see `seedOf`). */
  readonly seed?: Maybe<number>;
  readonly stop?: Maybe<string | readonly string[]>;
  readonly frequency_penalty?: Maybe<number>;
  readonly presence_penalty?: Maybe<number>;
  readonly repetition_penalty?: Maybe<number>;
  /** By the id of the token. */
  readonly logit_bias?: Maybe<Readonly<Record<string, number>>>;
  readonly min_tokens?: Maybe<number>;
  readonly response_format?: Maybe<ResponseFormat>;
  readonly speculative?: Maybe<SpeculativeRequest>;
  /** The names of given fields that have no effect. */
  readonly ignored: readonly string[];
}

/** The schema of a field with this output. */
type Field<Output> = v.GenericSchema<unknown, Output>;

/** The schemas of a request's fields, by name. */
export type FieldsOf<Request> = { readonly [Name in keyof Required<Omit<Request, "ignored">>]: Field<Request[Name]> };

export const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER): Field<Maybe<number>> =>
  v.nullish(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));
export const between = (least: number, most: number): Field<Maybe<number>> =>
  v.nullish(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
export const flag: Field<Maybe<boolean>> = v.nullish(v.boolean());

const stopText = v.pipe(v.string(), v.nonEmpty());
const stopTexts = v.pipe(v.array(stopText), v.maxLength(4));
const noStop = expecting("a string or an array of strings");
const stop = among<string | string[]>([stopText, stopTexts], (input) => {
  if (Array.isArray(input)) return stopTexts;
  return typeof input === "string" ? stopText : noStop;
});

const auto = v.literal("auto");
const draftNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1024));

const speculative: FieldsOf<SpeculativeRequest> = {
  policy: v.optional(v.unknown()),
  draft_tokens: v.nullish(
    among<number | "auto">([draftNumber, auto], (input) => (typeof input === "string" ? auto : draftNumber)),
  ),
  drafter: v.nullish(v.string()),
  block_exact: flag,
  trace: flag,
};

/** The most choices of a request, as at OpenAI. */
export const mostChoices = 128;
/** The most alternatives listed at each token: 20, as at OpenAI and vLLM. */
export const mostAlternatives = 20;

/** The names of what `speculative` may contain. */
export const speculativeOptions: readonly string[] = Object.keys(speculative);

export const answerFields: FieldsOf<AnswerRequest> = {
  model: v.nullish(v.string()),
  stream: flag,
  stream_options: v.nullish(object({ include_usage: flag })),
  max_tokens: whole(1),
  n: whole(1, mostChoices),
  temperature: between(0, 100),
  top_p: between(0, 1),
  top_k: whole(-1),
  min_p: between(0, 1),
  seed: v.nullish(v.pipe(v.number(), v.integer(), v.transform(seedOf))),
  stop: v.nullish(stop),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
  // Numbers closer to 0 or infinity would make logits infinite.
  repetition_penalty: between(0.01, 100),
  logit_bias: v.nullish(plain(v.record(v.string(), v.pipe(v.number(), v.minValue(-100), v.maxValue(100))))),
  min_tokens: whole(0),
  response_format: v.nullish(responseFormat),
  speculative: v.nullish(plain(v.strictObject(speculative))),
};
