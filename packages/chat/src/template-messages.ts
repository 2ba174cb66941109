/** Converts messages to the form that templates read. */
import { LenityError } from "@lenity/core";
import { shown } from "@lenity/core/internal";
import type { ChatMessage } from "./chat-message.ts";
import { jsonValues, mostValues } from "./json-scan.ts";

/** A message in the form that templates read. */
export interface TemplateMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly unknown[] | undefined;
  readonly tool_call_id?: string | undefined;
  readonly name?: string | undefined;
}

/** Maximum messages in a conversation, as in OpenAI's API. */
const mostMessages = 2048;

/**
 * Parses the arguments of calls: templates write them with `tojson`, so they need objects where OpenAI's protocol has
 * JSON text. Throws `invalid_request` for too many messages or arguments, and for a value that is not a message.
 */
export function templateMessages(messages: readonly ChatMessage[]): TemplateMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid("messages", `messages is ${shown(messages)}; expected at least one message.`);
  }
  if (messages.length > mostMessages) {
    throw invalid("messages", `messages has ${messages.length} entries; expected at most ${mostMessages}.`);
  }
  const parsed = argumentParser();
  return messages.map((message: ChatMessage, at): TemplateMessage => {
    checkMessage(message, at);
    const { tool_calls: calls, ...rest } = message;
    const plain = { ...rest, role: roleOf(rest.role) };
    // Templates test for calls by testing for the field.
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

/** Templates do not know `developer`, OpenAI's newer name for the system role. */
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

/** Parses the arguments of calls, up to the limit on values per conversation. Text that is not JSON is kept as it is. */
function argumentParser(): (json: string) => unknown {
  let values = 0;
  return (json) => {
    values += jsonValues(json, mostValues);
    if (values > mostValues) {
      throw invalid(
        "messages",
        `The arguments of tool_calls contain more than ${mostValues} values in total. Shorten them.`,
      );
    }
    try {
      return JSON.parse(json);
    } catch {
      return json;
    }
  };
}

/** No real use needs deeper JSON, which could exhaust the stack. */
const deepest = 100;

/** Replaces every string in a value, including keys. Throws `invalid_request` if it is nested too deeply. */
export function mapTexts(value: unknown, path: string, map: (text: string) => string, depth = 0): unknown {
  if (typeof value === "string") return map(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > deepest) {
    throw invalid(path, `${path} is nested deeper than ${deepest} levels. Use a flatter structure.`);
  }
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, path, map, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, path, map, depth + 1)]),
  );
}

const invalid = (path: string, message: string): LenityError => new LenityError("invalid_request", message, { path });
