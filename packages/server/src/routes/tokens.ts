/** `/tokenize` and `/detokenize`, in vLLM's shapes. */
import type { ChatMessage, ChatTool } from "@lenity/chat";
import { encodeTexts } from "@lenity/chat/internal";
import type { Token } from "@lenity/core";
import * as v from "valibot";
import { modelOf, type ReadyModel } from "../answer/ready-model.ts";
import { checkIds, promptTexts } from "../answer/text-job.ts";
import { aloneOf } from "../answer/token-texts.ts";
import { ApiError } from "../http/api-error.ts";
import { type FieldsOf, flag, type Maybe } from "../request/answer-fields.ts";
import { checked } from "../request/checked.ts";
import { messageSchema } from "../request/message-schema.ts";
import { otherFields } from "../request/other-fields.ts";
import { toolSchema } from "../request/tools.ts";
import { unsupportedInTokens } from "../request/unsupported-fields.ts";

/** A text, or messages as the chat template writes them. */
export interface TokenizeRequest {
  readonly model?: Maybe<string>;
  readonly prompt?: Maybe<string>;
  readonly messages?: Maybe<readonly ChatMessage[]>;
  readonly tools?: Maybe<readonly ChatTool[]>;
  /** Whether the answer has the text of each token. */
  readonly return_token_strs?: Maybe<boolean>;
  /** The names of given fields that have no effect. */
  readonly ignored: readonly string[];
}

export interface TokenizeAnswer {
  readonly count: number;
  /** The most tokens of a prompt and its answer. */
  readonly max_model_len: number;
  readonly tokens: readonly Token[];
  readonly token_strs: readonly string[] | null;
}

export interface DetokenizeRequest {
  readonly model?: Maybe<string>;
  readonly tokens: readonly Token[];
  /** The names of given fields that have no effect. */
  readonly ignored: readonly string[];
}

export interface DetokenizeAnswer {
  /** The text, with control tokens spelled out. */
  readonly prompt: string;
}

const tokenizeFields: FieldsOf<TokenizeRequest> = {
  model: v.nullish(v.string()),
  prompt: v.nullish(v.string()),
  messages: v.nullish(v.pipe(v.array(messageSchema), v.minLength(1))),
  tools: v.nullish(v.array(toolSchema)),
  return_token_strs: flag,
};
export const tokenizeSchema: v.GenericSchema<unknown, Omit<TokenizeRequest, "ignored">> = v.object(tokenizeFields);

const detokenizeFields: FieldsOf<DetokenizeRequest> = {
  model: v.nullish(v.string()),
  tokens: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
};
export const detokenizeSchema: v.GenericSchema<unknown, Omit<DetokenizeRequest, "ignored">> = v.object(
  detokenizeFields,
);

type Models = ReadonlyMap<string, ReadyModel>;

/** Checks a request to `/tokenize`. Every failure is a 400 that names the field. */
export function parseTokenizeRequest(body: unknown): TokenizeRequest {
  return { ...checked(tokenizeSchema, body), ignored: others(body, tokenizeFields) };
}

/** Checks a request to `/detokenize`. Every failure is a 400 that names the field. */
export function parseDetokenizeRequest(body: unknown): DetokenizeRequest {
  return { ...checked(detokenizeSchema, body), ignored: others(body, detokenizeFields) };
}

const others = (body: unknown, read: object): string[] =>
  otherFields(body as Parameters<typeof otherFields>[0], Object.keys(read), unsupportedInTokens);

/** The tokens of a text as they are in a completion request, or of messages as in a chat request. */
export async function tokenized(request: TokenizeRequest, models: Models): Promise<TokenizeAnswer> {
  const model = modelOf(request.model, models);
  const { target, tokenizer, writer } = model;
  // A prompt that is too long to be answered can still be counted.
  const unlimited = { name: target.name, eos: target.eos, contextLength: Number.POSITIVE_INFINITY };
  if ((request.prompt == null) === (request.messages == null)) {
    const message = "Neither or both of prompt and messages are given; expected one of them.";
    throw new ApiError(400, message, { param: "prompt", code: "invalid_value" });
  }
  const tokens =
    request.prompt == null
      ? await writer.writeAsync(request.messages ?? [], { tools: request.tools ?? undefined })
      : ((await encodeTexts([request.prompt.toWellFormed()], { tokenizer, target: unlimited }))[0] ?? []);
  const strings = request.return_token_strs === true ? tokens.map((id) => aloneOf(tokenizer, id).token) : null;
  return { count: tokens.length, max_model_len: target.contextLength, tokens, token_strs: strings };
}

/** The text of tokens. */
export function detokenized(request: DetokenizeRequest, models: Models): DetokenizeAnswer {
  const model = modelOf(request.model, models);
  checkIds(request.tokens, model, "tokens");
  return { prompt: promptTexts(model.tokenizer, request.tokens).join("") };
}
