import { didYouMean } from "@lenity/core";
import * as v from "valibot";
import { ApiError } from "./api-error.ts";
import { checkSupported } from "./unsupported.ts";

type Maybe<T> = T | null | undefined;

/** One message; the parts of its content are joined. Which roles a model knows, its chat template says. */
export interface ChatMessage {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly content: string;
  /** Calls that the assistant made, with their arguments as JSON text. */
  readonly tool_calls?: readonly ToolCall[] | undefined;
  /** The call that a tool answers. */
  readonly tool_call_id?: string | undefined;
  readonly name?: string | undefined;
}

export interface ToolCall {
  readonly id?: string | undefined;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A function that the model may be told of. */
export interface ChatTool {
  readonly type: "function";
  readonly function: { readonly name: string };
}

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
  /** Written into the prompt by the chat template; calls come as the model writes them, in the text. */
  readonly tools?: Maybe<readonly ChatTool[]>;
  readonly tool_choice?: Maybe<"none" | "auto">;
  readonly stream?: Maybe<boolean>;
  readonly stream_options?: Maybe<{ readonly include_usage?: Maybe<boolean> }>;
  readonly max_tokens?: Maybe<number>;
  /** The newer name of `max_tokens`; wins over it. */
  readonly max_completion_tokens?: Maybe<number>;
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  readonly top_k?: Maybe<number>;
  readonly min_p?: Maybe<number>;
  readonly seed?: Maybe<number>;
  readonly stop?: Maybe<string | readonly string[]>;
  readonly speculative?: Maybe<SpeculativeRequest>;
}

const whole = (least: number, most: number) => v.nullish(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));
const between = (least: number, most: number) => v.nullish(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
const flag = v.nullish(v.boolean());

const part = v.object({ type: v.literal("text"), text: v.string() });

/** Text, or parts of it, as one string. The choice is made by hand so that an error names the part. */
const content = v.pipe(
  v.lazy(
    (input): v.GenericSchema<unknown, string | { text: string }[]> =>
      Array.isArray(input) ? v.pipe(v.array(part), v.minLength(1)) : v.string(),
  ),
  v.transform((given) => (typeof given === "string" ? given : given.map(({ text }) => text).join("")).toWellFormed()),
);

const functionCall = v.object({ name: v.string(), arguments: v.optional(v.string(), "{}") });
const toolCall = v.object({ id: v.optional(v.string()), type: v.optional(v.literal("function"), "function"), function: functionCall });
const tool = v.looseObject({ type: v.literal("function"), function: v.looseObject({ name: v.string() }) });

/** Without content a message must have calls, and only an assistant makes them. */
const message = v.pipe(
  v.lazy((input) => {
    const calls = (input as { readonly tool_calls?: unknown } | null)?.tool_calls;
    const calling = Array.isArray(calls) && calls.length > 0;
    return v.object({
      role: calling ? v.literal("assistant") : v.picklist(["system", "developer", "user", "assistant", "tool"]),
      content: calling ? v.nullish(content, "") : content,
      tool_calls: v.nullish(v.array(toolCall)),
      tool_call_id: v.nullish(v.string()),
      name: v.nullish(v.string()),
    });
  }),
  v.transform(
    ({ role, content, tool_calls: calls, tool_call_id: id, name }): ChatMessage => ({
      role,
      content,
      // What is not given is left out: templates ask whether it is there.
      ...(calls == null || calls.length === 0 ? {} : { tool_calls: calls }),
      ...(id == null ? {} : { tool_call_id: id }),
      ...(name == null ? {} : { name }),
    }),
  ),
);

const stopText = v.pipe(v.string(), v.nonEmpty());

const chat = v.object({
  model: v.nullish(v.string()),
  messages: v.pipe(v.array(message), v.minLength(1)),
  tools: v.nullish(v.array(tool)),
  tool_choice: v.nullish(v.picklist(["none", "auto"])),
  stream: flag,
  stream_options: v.nullish(v.object({ include_usage: flag })),
  max_tokens: whole(1, Number.MAX_SAFE_INTEGER),
  max_completion_tokens: whole(1, Number.MAX_SAFE_INTEGER),
  temperature: between(0, 100),
  top_p: v.nullish(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  top_k: whole(0, Number.MAX_SAFE_INTEGER),
  min_p: between(0, 1),
  seed: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  stop: v.nullish(v.lazy((input) => (Array.isArray(input) ? v.pipe(v.array(stopText), v.maxLength(4)) : stopText))),
  speculative: v.nullish(
    v.strictObject({
      policy: v.optional(v.unknown()),
      draft_tokens: whole(0, 1024),
      drafter: v.nullish(v.string()),
      trace: flag,
    }),
  ),
});

/** Checks the body of a chat request. Every failure is a 400 that names the field. */
export function parseChatRequest(body: unknown): ChatRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiError(400, `The body is ${kindOf(body)}; expected a JSON object.`, { code: "invalid_body" });
  }
  const result = v.safeParse(chat, body, { abortEarly: true });
  if (!result.success) throw invalid(result.issues[0]);
  checkSupported(body as Record<string, unknown>);
  const request: ChatRequest = result.output;
  if (request.stream !== true && request.stream_options != null) {
    throw new ApiError(400, "stream_options is given without stream: true. Ask for a stream, or leave it out.", {
      param: "stream_options",
      code: "invalid_value",
    });
  }
  return request;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

function invalid(issue: v.BaseIssue<unknown>): ApiError {
  const param = (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${key}`;
  }, "");
  if (issue.type === "strict_object" && issue.expected === "never") {
    const option = String(issue.path?.at(-1)?.key);
    const known = Object.keys(chat.entries.speculative.wrapped.entries);
    return new ApiError(400, `speculative has no option "${option}". ${didYouMean(option, known)}`, { param, code: "unknown_parameter" });
  }
  if (issue.received === "undefined") return new ApiError(400, `${param} is missing.`, { param, code: "missing_required_parameter" });
  const received = issue.received.length > 80 ? `${issue.received.slice(0, 80)}…` : issue.received;
  return new ApiError(400, `${param} is ${received}; expected ${issue.expected ?? "another value"}.`, { param, code: "invalid_value" });
}
