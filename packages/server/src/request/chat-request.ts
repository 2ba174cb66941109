import type { ChatMessage, ChatTool } from "@lenity/chat";
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
import { among, expecting, plain } from "./schema.ts";

/** A chat request that has been checked, except for what depends on the model. */
export interface ChatRequest extends AnswerRequest {
  readonly messages: readonly ChatMessage[];
  /** The chat template writes them into the prompt. Calls appear in the text, as the model writes them. */
  readonly tools?: Maybe<readonly ChatTool[]>;
  readonly tool_choice?: Maybe<"none" | "auto">;
  /** The newer name of `max_tokens`; takes precedence. */
  readonly max_completion_tokens?: Maybe<number>;
  /** Whether each token has its log probability. */
  readonly logprobs?: Maybe<boolean>;
  /** How many of the most probable tokens are listed at each token. Needs `logprobs`. */
  readonly top_logprobs?: Maybe<number>;
}

/** A function that the model may call. */
export const toolSchema: v.GenericSchema<unknown, ChatTool> = plain(
  v.looseObject({
    type: v.literal("function"),
    function: plain(
      v.looseObject({
        name: v.string(),
        description: v.nullish(v.string()),
        parameters: v.nullish(plain(v.looseObject({}))),
      }),
    ),
  }),
);
const freeChoice = v.picklist(["none", "auto"]);
const boundChoice = expecting('"none" or "auto", because this server cannot make the model call a tool');
/** Choices that force a call are known but not supported. */
const toolChoice = among<"none" | "auto">([freeChoice], (input) =>
  input === "none" || input === "auto" ? freeChoice : boundChoice,
);

const fields: FieldsOf<ChatRequest> = {
  ...answerFields,
  messages: v.pipe(v.array(messageSchema), v.minLength(1)),
  tools: v.nullish(v.array(toolSchema)),
  tool_choice: v.nullish(toolChoice),
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
