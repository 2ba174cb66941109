import type { ChatMessage, ChatTool } from "@lenity/chat";
import { didYouMean, excerpt, expectation, quoted, shown } from "@lenity/core/internal";
import * as v from "valibot";
import { ApiError } from "../http/api-error.ts";
import { messageSchema } from "./message-schema.ts";
import { otherFields } from "./other-fields.ts";
import { expecting, object, plain } from "./schema.ts";
import { seedOf } from "./seed.ts";

type Maybe<T> = T | null | undefined;

/** The `speculative` object of a request. */
export interface SpeculativeRequest {
  readonly policy?: unknown;
  readonly draft_tokens?: Maybe<number>;
  readonly drafter?: Maybe<string>;
  readonly trace?: Maybe<boolean>;
}

/** A request that has been checked, except for what depends on the model. */
export interface ChatRequest {
  readonly model?: Maybe<string>;
  readonly messages: readonly ChatMessage[];
  /** The chat template writes them into the prompt. Calls appear in the text, as the model writes them. */
  readonly tools?: Maybe<readonly ChatTool[]>;
  readonly tool_choice?: Maybe<"none" | "auto">;
  readonly stream?: Maybe<boolean>;
  readonly stream_options?: Maybe<{ readonly include_usage?: Maybe<boolean> }>;
  readonly max_tokens?: Maybe<number>;
  /** The newer name of `max_tokens`; takes precedence. */
  readonly max_completion_tokens?: Maybe<number>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  /** 0 or −1, as in vLLM: all. */
  readonly top_k?: Maybe<number>;
  readonly min_p?: Maybe<number>;
  /** Always a safe integer (see `seedOf`). */
  readonly seed?: Maybe<number>;
  readonly stop?: Maybe<string | readonly string[]>;
  readonly speculative?: Maybe<SpeculativeRequest>;
  /** The names of given fields that have no effect. */
  readonly ignored: readonly string[];
}

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.nullish(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));
const between = (least: number, most: number) => v.nullish(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
const flag = v.nullish(v.boolean());

const tool = plain(
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
/** Choices that force a call are known but not supported. */
const toolChoice = v.lazy((input) =>
  input === "none" || input === "auto"
    ? v.picklist(["none", "auto"])
    : expecting('"none" or "auto", because this server cannot make the model call a tool'),
);

const stopText = v.pipe(v.string(), v.nonEmpty());
const stop = v.lazy((input): v.GenericSchema<unknown, string | string[]> => {
  if (Array.isArray(input)) return v.pipe(v.array(stopText), v.maxLength(4));
  return typeof input === "string" ? stopText : expecting("a string or an array of strings");
});

const speculative = v.strictObject({
  policy: v.optional(v.unknown()),
  draft_tokens: whole(0, 1024),
  drafter: v.nullish(v.string()),
  trace: flag,
});

const chat = v.object({
  model: v.nullish(v.string()),
  messages: v.pipe(v.array(messageSchema), v.minLength(1)),
  tools: v.nullish(v.array(tool)),
  tool_choice: v.nullish(toolChoice),
  stream: flag,
  stream_options: v.nullish(object({ include_usage: flag })),
  max_tokens: whole(1),
  max_completion_tokens: whole(1),
  temperature: between(0, 100),
  top_p: between(0, 1),
  top_k: whole(-1),
  min_p: between(0, 1),
  seed: v.nullish(v.pipe(v.number(), v.integer(), v.transform(seedOf))),
  stop: v.nullish(stop),
  speculative: v.nullish(plain(speculative)),
});

/** Checks the body of a chat request. Every failure is a 400 that names the field. */
export function parseChatRequest(body: unknown): ChatRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiError(400, `The body is ${shown(body)}; expected a JSON object.`, { code: "invalid_body" });
  }
  const result = v.safeParse(chat, body, { abortEarly: true });
  if (!result.success) throw invalid(result.issues[0]);
  const request = result.output;
  if (request.stream !== true && request.stream_options != null) {
    throw new ApiError(400, "stream_options is given without stream: true. Set stream: true, or leave it out.", {
      param: "stream_options",
      code: "invalid_value",
    });
  }
  return { ...request, ignored: otherFields(body as Parameters<typeof otherFields>[0], Object.keys(chat.entries)) };
}

/** The error for the first issue that a schema found. */
function invalid(issue: v.BaseIssue<unknown>): ApiError {
  const param = (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${excerpt(String(key))}`;
  }, "");
  const last = issue.path?.at(-1);
  if (issue.input === undefined)
    return new ApiError(400, `${param} is missing.`, { param, code: "missing_required_parameter" });
  if (last?.origin === "key") {
    const option = String(last.key);
    const message = `speculative has no option ${quoted(option)}. ${didYouMean(option, Object.keys(speculative.entries))}`;
    return new ApiError(400, message, { param, code: "unknown_parameter" });
  }
  // Schemas made with `expecting` describe what is expected in their message.
  const expected = issue.type === "custom" ? issue.message : expectation(issue);
  return new ApiError(400, `${param} is ${shown(issue.input)}; expected ${expected}.`, {
    param,
    code: "invalid_value",
  });
}
