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
  /** Whether a template of the model reads the tools of a request, and the calls of an assistant's message. */
  readonly readsTools: boolean;
  readonly readsCalls: boolean;
  /** Whether messages of this role reach the model: some templates silently leave out what they do not know. */
  knows(role: string): boolean;
  /** The templates' sources. */
  readonly sources: readonly string[];
  /** The templates' own texts, and those of the special tokens that they find. */
  readonly texts: readonly string[];
  /** The prompt's text, or why there is none. */
  attempt(conversation: Conversation): string | Error;
  /** The prompt's text. Throws `invalid_request` when the template refuses the messages, or fails on them. */
  render(conversation: Conversation): string;
}

/**
 * Parses the templates of a model and renders them as transformers does: blocks trimmed, `tools` and `documents` none
 * unless given, a template named `tool_use` in place of the usual one where there are tools. Throws `model_files` when
 * one is not Jinja.
 */
export function chatRenderer(name: string, { template: source, named, tokens, file }: ChatTemplate): ChatRenderer {
  const sources = [source, named?.["tool_use"] ?? source] as const;
  const owner = `The chat template of ${name}`;
  const [template, withTools] = parsed(owner, sources, file);

  const attempt = ({ messages, tools }: Conversation): string | Error => {
    try {
      const own = { messages, tools: tools ?? null, documents: null, add_generation_prompt: true };
      return (tools === undefined ? template : withTools).render(globals(), { ...tokens, ...own });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };

  return {
    sources,
    texts: [...template.texts, ...withTools.texts, ...Object.values(tokens ?? {})],
    attempt,
    readsTools: /\btools\b/.test(sources[1]),
    readsCalls: /\btool_calls\b/.test(sources.join("")),
    knows: knownRoles(attempt),
    render(conversation) {
      const text = attempt(conversation);
      const invalid = (message: string, cause?: Error) =>
        new LenityError("invalid_request", message, { path: "messages", cause });
      if (text === "") throw invalid(`${owner} writes nothing for these messages. Send others.`);
      if (typeof text === "string") return text;
      const what =
        text instanceof Refusal ? "The chat template refuses these messages" : `${owner} fails on these messages`;
      throw invalid(`${what}: ${messageOf(text)}${firstAtFault(conversation, text, attempt)}`, text);
    },
  };
}

/** The templates, parsed. The error names their file: whoever loads a model may know it. */
function parsed(
  owner: string,
  [source, toolSource]: readonly [string, string],
  file: string | undefined,
): readonly [ParsedTemplate, ParsedTemplate] {
  const unusable = (what: string, cause?: unknown) =>
    new LenityError("model_files", `${owner}${file === undefined ? "" : ` (${file})`} ${what}`, { cause });
  if (source.trim() === "") {
    const remedy = "Base models have none; take a chat model, or give it a template.";
    throw unusable(`is empty, so no message would reach the model. ${remedy}`);
  }
  const parse = (text: string): ParsedTemplate => {
    try {
      return parseTemplate(text);
    } catch (cause) {
      throw unusable(`is not Jinja: ${messageOf(cause)} Take the file of the model's own folder.`, cause);
    }
  };
  const template = parse(source);
  return [template, toolSource === source ? template : parse(toolSource)];
}

type Attempt = ChatRenderer["attempt"];

const probe = "probe0content";

/** Tells, by trying, whether messages of a role reach the model. */
function knownRoles(attempt: Attempt): (role: string) => boolean {
  // Without these two there is no chat.
  const roles = new Map([
    ["user", true],
    ["assistant", true],
  ]);
  return (role) => {
    let known = roles.get(role);
    if (known === undefined) {
      const shown = probes(role)
        .map((messages) => attempt({ messages }))
        .filter((text) => typeof text === "string");
      // A template that refuses the role altogether throws its own error when it is rendered.
      known = shown.length === 0 || shown.some((text) => text.includes(probe));
      roles.set(role, known);
    }
    return known;
  };
}

/** Conversations in which a message of this role has the probe for its content: as the first, and after an answer. */
const probes = (role: string): Conversation["messages"][] => {
  const probing = { role, content: probe };
  const talk = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
  ];
  return [
    [probing, ...talk.slice(0, 1)],
    [...talk, probing],
  ];
};

/** Messages. Finding the one at fault takes several renderings, too long with more messages than this. */
const mostSearched = 256;

function firstAtFault(conversation: Conversation, error: Error, attempt: Attempt): string {
  if (conversation.messages.length > mostSearched) return "";
  const at = firstFailing(conversation, error, attempt);
  return ` The first at fault is messages[${at}] (${conversation.messages[at]?.role}).`;
}

/** The index of the first message with which the same error comes, found by halving. */
function firstFailing(conversation: Conversation, error: Error, attempt: Attempt): number {
  let [sound, failing] = [0, conversation.messages.length];
  while (failing - sound > 1) {
    const middle = (sound + failing) >> 1;
    const text = attempt({ ...conversation, messages: conversation.messages.slice(0, middle) });
    if (typeof text !== "string" && text.message === error.message) failing = middle;
    else sound = middle;
  }
  return failing - 1;
}

/** As a sentence, and a short one: templates quote messages. */
function messageOf(error: unknown): string {
  const text = excerpt(error instanceof Error ? error.message : String(error), 500);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
