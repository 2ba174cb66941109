import type { Token } from "@lenity/core";
import * as v from "valibot";
import { ApiError } from "../http/api-error.ts";
import {
  type AnswerRequest,
  answerFields,
  type FieldsOf,
  flag,
  type Maybe,
  mostAlternatives,
  mostChoices,
  whole,
} from "./answer-fields.ts";
import { checked, checkStreaming } from "./checked.ts";
import { otherFields } from "./other-fields.ts";
import { among, expecting } from "./schema.ts";
import { unsupportedInCompletions } from "./unsupported-fields.ts";

/** One or several texts to continue, each as text or as token ids. */
export type Prompt = string | readonly string[] | readonly Token[] | readonly (readonly Token[])[];

/** A completion request that has been checked, except for what depends on the model. */
export interface CompletionRequest extends AnswerRequest {
  readonly prompt: Prompt;
  /** Whether the text begins with the prompt. */
  readonly echo?: Maybe<boolean>;
  /** Log probabilities of each token, and of this many most probable ones. */
  readonly logprobs?: Maybe<number>;
  /** The same for the tokens of the prompt, in vLLM's shape. */
  readonly prompt_logprobs?: Maybe<number>;
  /** Whether `logprobs` names tokens by id, and lists control tokens too: for programs. */
  readonly return_tokens_as_token_ids?: Maybe<boolean>;
}

const text = v.string();
const texts = v.pipe(v.array(text), v.minLength(1), v.maxLength(mostChoices));
const ids = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.minLength(1));
const manyIds = v.pipe(v.array(ids), v.minLength(1), v.maxLength(mostChoices));
const neither = expecting("a string, an array of token ids, or an array of either");
const prompt = among<Prompt>([text, texts, ids, manyIds], (input) => {
  if (typeof input === "string") return text;
  if (!Array.isArray(input)) return neither;
  if (Array.isArray(input[0])) return manyIds;
  return typeof input[0] === "number" ? ids : texts;
});

const fields: FieldsOf<CompletionRequest> = {
  ...answerFields,
  max_tokens: whole(0),
  prompt,
  echo: flag,
  logprobs: whole(0, mostAlternatives),
  prompt_logprobs: whole(0, mostAlternatives),
  return_tokens_as_token_ids: flag,
};

/** The body of a completion request. */
export const completionSchema: v.GenericSchema<unknown, Omit<CompletionRequest, "ignored">> = v.object(fields);

/** Checks the body of a completion request. Every failure is a 400 that names the field. */
export function parseCompletionRequest(body: unknown): CompletionRequest {
  const request = checked(completionSchema, body);
  checkStreaming(request);
  if (request.stream === true && request.prompt_logprobs != null) {
    throw new ApiError(400, "prompt_logprobs is given with stream: true. Leave out one of them.", {
      param: "prompt_logprobs",
      code: "invalid_value",
    });
  }
  if (request.return_tokens_as_token_ids === true && (request.stream === true || request.echo === true)) {
    const other = request.stream === true ? "stream" : "echo";
    throw new ApiError(400, `return_tokens_as_token_ids is given with ${other}: true. Leave out one of them.`, {
      param: "return_tokens_as_token_ids",
      code: "invalid_value",
    });
  }
  const given = body as Parameters<typeof otherFields>[0];
  return { ...request, ignored: otherFields(given, Object.keys(fields), unsupportedInCompletions) };
}
