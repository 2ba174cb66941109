import { LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import type { ChatTemplate } from "./chat-model.ts";
import { globals } from "./jinja/globals.ts";
import { Refusal } from "./jinja/interpreter.ts";
import { type ParsedTemplate, parseTemplate } from "./jinja/template.ts";

/** What a template sees of a conversation. */
export interface Conversation {
  readonly messages: readonly { readonly role: string }[];
  readonly tools?: readonly unknown[] | undefined;
}

/** A parsed chat template. */
export interface ChatRenderer {
  /** Whether the model's templates use the tools of a request, and the calls in an assistant's message. */
  readonly readsTools: boolean;
  readonly readsCalls: boolean;
  /** Whether messages of this role reach the model, or are refused with an error. Some templates silently skip roles. */
  knows(role: string): boolean;
  /** Whether messages of this role reach the model. */
  reads(role: string): boolean;
  /** Whether the ids of calls must have nine letters and digits, as in Mistral's templates. */
  readonly wantsShortIds: boolean;
  /** The templates' sources. */
  readonly sources: readonly string[];
  /** The literal texts in the templates, and the texts of the special tokens that they can insert. */
  readonly texts: readonly string[];
  /** The prompt's text, or the error. */
  attempt(conversation: Conversation): string | Error;
  /** The prompt's text. Throws `invalid_request` if the template refuses the messages or fails on them. */
  render(conversation: Conversation): string;
}

/**
 * Parses the templates of a model and renders them as transformers does: with trimmed blocks, with `tools` and
 * `documents` set to none by default, and with the template `tool_use`, if there is one, for requests with tools.
 * Throws `model_files` if one is not valid Jinja.
 */
export function chatRenderer(name: string, { template: source, named, tokens, file }: ChatTemplate): ChatRenderer {
  const sources = [source, named?.["tool_use"] ?? source] as const;
  const owner = `The chat template of ${name}`;
  const [template, withTools] = parsed(owner, sources, file);

  const attempt = ({ messages, tools }: Conversation): string | Error => {
    try {
      const variables = { messages, tools: tools ?? null, documents: null, add_generation_prompt: true };
      return (tools === undefined ? template : withTools).render(globals(), { ...tokens, ...variables });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };

  const fate = fates(attempt);
  return {
    sources,
    texts: [...template.texts, ...withTools.texts, ...Object.values(tokens ?? {})],
    attempt,
    readsTools: /\btools\b/.test(sources[1]),
    wantsShortIds: sources.some((text) => text.includes("[TOOL_CALLS]")),
    readsCalls: /\btool_calls\b/.test(sources.join("")),
    knows: (role) => fate(role) !== "skipped",
    reads: (role) => fate(role) === "shown",
    render(conversation) {
      const text = attempt(conversation);
      const invalid = (message: string, cause?: Error) =>
        new LenityError("invalid_request", message, { path: "messages", cause });
      if (text === "") throw invalid(`${owner} writes nothing for these messages. Send different ones.`);
      if (typeof text === "string") return text;
      const what =
        text instanceof Refusal ? "The chat template refuses these messages" : `${owner} fails on these messages`;
      throw invalid(`${what}: ${messageOf(text)}${firstAtFault(conversation, text, attempt)}`, text);
    },
  };
}

/** Parses the templates. Errors name their file, if it is known. */
function parsed(
  owner: string,
  [source, toolSource]: readonly [string, string],
  file: string | undefined,
): readonly [ParsedTemplate, ParsedTemplate] {
  const unusable = (what: string, cause?: unknown) =>
    new LenityError("model_files", `${owner}${file === undefined ? "" : ` (${file})`} ${what}`, { cause });
  if (source.trim() === "") {
    const remedy = "Base models have none; use a chat model, or add a template.";
    throw unusable(`is empty, so no message can reach the model. ${remedy}`);
  }
  const parse = (text: string): ParsedTemplate => {
    try {
      return parseTemplate(text);
    } catch (cause) {
      throw unusable(`is not valid Jinja: ${messageOf(cause)} Use the file from the model's own folder.`, cause);
    }
  };
  const template = parse(source);
  return [template, toolSource === source ? template : parse(toolSource)];
}

type Attempt = ChatRenderer["attempt"];

const probe = "probe0content";

/** What becomes of messages of a role. */
type Fate = "shown" | "skipped" | "refused";

/** Finds out by rendering. */
function fates(attempt: Attempt): (role: string) => Fate {
  // Every chat template supports these two.
  const roles = new Map<string, Fate>([
    ["user", "shown"],
    ["assistant", "shown"],
  ]);
  return (role) => {
    let fate = roles.get(role);
    if (fate === undefined) {
      const shown = probes(role)
        .map(attempt)
        .filter((text) => typeof text === "string");
      // If the template refuses the role, rendering throws the template's own error.
      fate = shown.length === 0 ? "refused" : shown.some((text) => text.includes(probe)) ? "shown" : "skipped";
      roles.set(role, fate);
    }
    return fate;
  };
}

/** Conversations in which the content of a message with this role is the probe: the first message, and later ones. */
const probes = (role: string): Conversation[] => {
  const id = "abcdefghi";
  const call = { type: "function", id, function: { name: "f", arguments: {} } };
  const probing = { role, content: probe, ...(role === "tool" ? { tool_call_id: id, name: "f" } : {}) };
  const user = { role: "user", content: "a" };
  const calling = { role: "assistant", content: "", tool_calls: [call] };
  const talks: Conversation[] = [
    { messages: [probing, user] },
    { messages: [user, { role: "assistant", content: "b" }, probing] },
  ];
  if (role !== "tool") return talks;
  const tools = [{ type: "function", function: { name: "f", description: "", parameters: {} } }];
  return [...talks, { messages: [user, calling, probing] }, { messages: [user, calling, probing], tools }];
};

/** Number of messages. Finding the one at fault takes several renderings, which is too slow for more messages. */
const mostSearched = 256;

function firstAtFault(conversation: Conversation, error: Error, attempt: Attempt): string {
  if (conversation.messages.length > mostSearched) return "";
  const at = firstFailing(conversation, error, attempt);
  return ` The first at fault is messages[${at}] (${conversation.messages[at]?.role}).`;
}

/** The index of the first message that causes the same error, found by bisection. */
function firstFailing(conversation: Conversation, error: Error, attempt: Attempt): number {
  let [good, failing] = [0, conversation.messages.length];
  while (failing - good > 1) {
    const middle = (good + failing) >> 1;
    const text = attempt({ ...conversation, messages: conversation.messages.slice(0, middle) });
    if (typeof text !== "string" && text.message === error.message) failing = middle;
    else good = middle;
  }
  return failing - 1;
}

/** The error's message as a sentence. Shortened, because templates quote messages. */
function messageOf(error: unknown): string {
  const text = excerpt(error instanceof Error ? error.message : String(error), 500);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
