/** Messages as templates read them. */
import { LenityError } from "@lenity/core";
import { shown } from "@lenity/core/internal";
import type { ChatMessage } from "./chat-message.ts";
import { jsonValues, mostValues } from "./json-scan.ts";

/** A message as a template reads it. */
export interface TemplateMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly unknown[];
}

/** The most messages of a conversation: as many as OpenAI's own API takes. */
const mostMessages = 2048;

/**
 * Templates write the arguments of a call with `tojson`, so they read objects where OpenAI's protocol has JSON text.
 * Throws `invalid_request` for too many messages or arguments, and for what is not a message.
 */
export function templateMessages(messages: readonly ChatMessage[]): TemplateMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid("messages", `messages is ${shown(messages)}; expected at least one message.`);
  }
  if (messages.length > mostMessages) {
    throw invalid("messages", `messages holds ${messages.length} messages; expected ${mostMessages} at most.`);
  }
  const parsed = argumentParser();
  return messages.map((message: ChatMessage, at): TemplateMessage => {
    checkMessage(message, at);
    const { tool_calls: calls, ...rest } = message;
    const plain = { ...rest, role: roleOf(rest.role) };
    // Templates ask whether there are any by asking whether the field is there.
    if (calls === undefined || calls.length === 0) return plain;
    return {
      ...plain,
      tool_calls: calls.map((call) => ({
        ...call,
        function: { ...call.function, arguments: parsed(call.function.arguments) },
      })),
    };
  });
}

/** OpenAI's newer name for a system message is unknown to templates. */
const roleOf = (role: string): string => (role === "developer" ? "system" : role);

function checkMessage(message: ChatMessage, at: number): void {
  const path = `messages[${at}]`;
  const { role, content, tool_calls: calls = [] } = (message ?? {}) as Partial<ChatMessage>;
  for (const [field, value] of Object.entries({ role, content })) {
    if (typeof value === "string") continue;
    throw invalid(`${path}.${field}`, `${path}.${field} is ${shown(value)}; expected a string.`);
  }
  if (Array.isArray(calls) && calls.every((call) => typeof call?.function?.arguments === "string")) return;
  const expected = "expected a list of { type, function: { name, arguments } } with the arguments as JSON text";
  throw invalid(`${path}.tool_calls`, `${path}.tool_calls is ${shown(calls)}; ${expected}.`);
}

/** Parses arguments of calls, as many values as a conversation may hold. What is not JSON stays text. */
function argumentParser(): (json: string) => unknown {
  let values = 0;
  return (json) => {
    values += jsonValues(json, mostValues);
    if (values > mostValues) {
      throw invalid(
        "messages",
        `The arguments of tool_calls hold more than ${mostValues} values in all. Shorten them.`,
      );
    }
    try {
      return JSON.parse(json);
    } catch {
      return json;
    }
  };
}

/** Nothing needs deeper JSON, which would only exhaust the stack. */
const deepest = 100;

/** The same value with every text in it replaced, keys too. Throws `invalid_request` when it is nested too deep. */
export function mapTexts(value: unknown, path: string, map: (text: string) => string, depth = 0): unknown {
  if (typeof value === "string") return map(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > deepest) {
    throw invalid(path, `${path} is nested deeper than ${deepest} levels. Give a flatter one.`);
  }
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, path, map, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, path, map, depth + 1)]),
  );
}

const invalid = (path: string, message: string): LenityError => new LenityError("invalid_request", message, { path });
