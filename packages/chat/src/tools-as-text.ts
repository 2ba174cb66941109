/** Tools, calls and results for models whose templates do not know them. */
import type { ChatTool } from "./chat-message.ts";
import type { ChatRenderer } from "./chat-renderer.ts";
import type { TemplateMessage } from "./template-messages.ts";

/** A conversation that is to be rendered. */
export interface Talk {
  readonly messages: readonly TemplateMessage[];
  readonly tools: readonly ChatTool[] | undefined;
}

/**
 * Writes what the template would leave out as text: tools into the system message, or into the user's first one if
 * there can be none; calls into the assistant's messages; results into messages of the user. Returns the same messages
 * if there is nothing of that.
 */
export function toolsAsText({ messages, tools }: Talk, renderer: ChatRenderer): Talk {
  const { readsTools, readsCalls } = renderer;
  const asText = messages.some(({ role }) => role === "tool") && !renderer.reads("tool");
  const answered = asText ? resultsAsText(messages) : messages;
  const called = answered.some(({ tool_calls: calls }) => calls !== undefined);
  const plain = readsCalls || !called ? answered : answered.map(callsAsText);
  if (tools === undefined || readsTools) return { messages: plain, tools };
  return { messages: withTools(plain, toolText(tools), renderer.reads("system")), tools: undefined };
}

const toolText = (tools: readonly ChatTool[]): string =>
  [
    "You can call functions. Each line describes one in JSON:",
    ...tools.map(({ function: described }) => JSON.stringify(described)),
    "To call a function, answer with this alone, the arguments being an object of JSON:",
    '{"name": "…", "arguments": {…}}',
    "For several calls, write one such line for each. You then get the results, and can answer. If you need no function, answer in words.",
  ].join("\n");

function withTools(messages: readonly TemplateMessage[], text: string, system: boolean): TemplateMessage[] {
  const at = messages.findIndex(({ role }) => role === (system ? "system" : "user"));
  const found = messages[at];
  if (found === undefined || (system && at > 0))
    return [{ role: system ? "system" : "user", content: text }, ...messages];
  const content = system ? joined(found.content, text) : joined(text, found.content);
  return messages.map((message, index) => (index === at ? { ...message, content } : message));
}

const joined = (first: string, second: string): string => [first, second].filter((text) => text !== "").join("\n\n");

function callsAsText(message: TemplateMessage): TemplateMessage {
  const { tool_calls: calls, ...rest } = message;
  if (calls === undefined) return message;
  const lines = calls.map((call) => {
    const { name, arguments: args } = (call as Call).function;
    return `{"name": ${JSON.stringify(name)}, "arguments": ${JSON.stringify(args)}}`;
  });
  return { ...rest, content: joined(message.content, lines.join("\n")) };
}

interface Call {
  readonly id?: string | undefined;
  readonly function: { readonly name: string; readonly arguments: unknown };
}

/** The name of the function whose result a message is. */
function nameOf({ name, tool_call_id: id }: TemplateMessage, messages: readonly TemplateMessage[]): string {
  const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls as readonly Call[]);
  return name ?? calls.find((call) => call.id === id)?.function.name ?? "the function";
}

/** Results in a row, and what the user says behind them, become one message: many templates want roles to alternate. */
function resultsAsText(messages: readonly TemplateMessage[]): TemplateMessage[] {
  const all: TemplateMessage[] = [];
  let open = false;
  for (const message of messages) {
    const isResult = message.role === "tool";
    const content = isResult ? `Result of ${nameOf(message, messages)}:\n${message.content}` : message.content;
    const last = all.at(-1);
    if (last?.role === "user" && (isResult || (open && message.role === "user"))) {
      all[all.length - 1] = { ...last, content: joined(last.content, content) };
    } else all.push(isResult ? { role: "user", content } : message);
    open = isResult;
  }
  return all;
}
