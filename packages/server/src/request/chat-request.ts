import type { ChatMessage } from "@lenity/chat";
import * as v from "valibot";
import { ApiError } from "../http/api-error.ts";
import {
  type AnswerRequest,
  answerFields,
  type FieldsOf,
  flag,
  type Maybe,
  mostAlternatives,
  whole,
} from "./answer-fields.ts";
import { checked, checkStreaming } from "./checked.ts";
import { messageSchema } from "./message-schema.ts";
import { otherFields } from "./other-fields.ts";
import { checkTools, type OfferedTool, type ToolChoice, toolChoice, toolSchema } from "./tools.ts";

/** A chat request that has been checked, except for what depends on the model. */
export interface ChatRequest extends AnswerRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: Maybe<readonly OfferedTool[]>;
  readonly tool_choice?: Maybe<ToolChoice>;
  /** Whether an answer may have several calls. Default: true. */
  readonly parallel_tool_calls?: Maybe<boolean>;
  /** The newer name of `max_tokens`; takes precedence. */
  readonly max_completion_tokens?: Maybe<number>;
  /** Whether each token has its log probability. */
  readonly logprobs?: Maybe<boolean>;
  /** How many of the most probable tokens are listed at each token. Needs `logprobs`. */
  readonly top_logprobs?: Maybe<number>;
}

const fields: FieldsOf<ChatRequest> = {
  ...answerFields,
  messages: v.pipe(v.array(messageSchema), v.minLength(1)),
  tools: v.nullish(v.array(toolSchema)),
  tool_choice: v.nullish(toolChoice),
  parallel_tool_calls: flag,
  max_completion_tokens: whole(1),
  logprobs: flag,
  top_logprobs: whole(0, mostAlternatives),
};

/** The body of a chat request. */
export const chatSchema: v.GenericSchema<unknown, Omit<ChatRequest, "ignored">> = v.object(fields);

/** Checks the body of a chat request. Every failure is a 400 that names the field. */
export function parseChatRequest(body: unknown): ChatRequest {
  const request = checked(chatSchema, body);
  checkStreaming(request);
  checkTools(request);
  if ((request.top_logprobs ?? 0) > 0 && request.logprobs !== true) {
    throw new ApiError(400, "top_logprobs is given without logprobs: true. Set logprobs: true, or leave it out.", {
      param: "top_logprobs",
      code: "invalid_value",
    });
  }
  return {
    ...request,
    ignored: otherFields(body as Parameters<typeof otherFields>[0], Object.keys(fields)),
  };
}
