import { LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import { dict } from "./jinja/dict.ts";
import { Refusal } from "./jinja/interpreter.ts";
import { Environment } from "./jinja/package.ts";
import { type ParsedTemplate, parseTemplate } from "./jinja/template.ts";
import type { ServedModel } from "./served-model.ts";
import { strftime } from "./strftime.ts";

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
  /** Whether messages of this role reach the model: some templates leave out, without a word, what they do not know. */
  knows(role: string): boolean;
  /** The templates' own texts, and those of the special tokens that they find. */
  readonly texts: readonly string[];
  /** The prompt's text, or why there is none. */
  attempt(conversation: Conversation): string | Error;
  /** The prompt's text. Throws `invalid_request` when the template refuses the messages, in its own words, or fails on them. */
  render(conversation: Conversation): string;
}

/**
 * Parses the templates of a model and renders them as transformers does: blocks trimmed, `tools` and `documents` none unless given, a template named
 * `tool_use` in their place where there are tools. Throws `model_files` when one is not Jinja.
 */
export function chatRenderer(
  model: Pick<ServedModel, "id" | "chatTemplate" | "toolTemplate" | "chatTemplateFile" | "specialTokens">,
): ChatRenderer {
  const { id, chatTemplate, toolTemplate = chatTemplate, chatTemplateFile, specialTokens } = model;
  const owner = `The chat template of ${id}`;
  // Who starts the server is told the file; who sends a request is not.
  const file = chatTemplateFile === undefined ? "" : ` (${chatTemplateFile})`;
  const unusable = (what: string, cause?: unknown) => new LenityError("model_files", `${owner}${file} ${what}`, { cause });
  if (chatTemplate.trim() === "") {
    throw unusable("is empty, so no message would reach the model. Base models have none; take a chat model, or give it a template.");
  }
  const parse = (source: string): ParsedTemplate => {
    try {
      return parseTemplate(source);
    } catch (cause) {
      throw unusable(`is not Jinja: ${messageOf(cause)} Take the file of the model's own folder.`, cause);
    }
  };
  const template = parse(chatTemplate);
  const withTools = toolTemplate === chatTemplate ? template : parse(toolTemplate);

  // Without these two there is no chat.
  const roles = new Map([
    ["user", true],
    ["assistant", true],
  ]);
  const attempt = ({ messages, tools }: Conversation): string | Error => {
    try {
      const variables = { ...specialTokens, messages, tools: tools ?? null, documents: null, add_generation_prompt: true };
      return (tools === undefined ? template : withTools).render(globals(), variables);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };

  return {
    texts: [...template.texts, ...withTools.texts, ...Object.values(specialTokens ?? {})],
    attempt,
    readsTools: /\btools\b/.test(toolTemplate),
    readsCalls: /\btool_calls\b/.test(chatTemplate + toolTemplate),
    knows(role) {
      let known = roles.get(role);
      if (known === undefined) {
        // A template that refuses the role altogether says so itself when it comes to that.
        const shown = probes(role)
          .map((messages) => attempt({ messages }))
          .filter((text) => typeof text === "string");
        known = shown.length === 0 || shown.some((text) => text.includes(probe));
        roles.set(role, known);
      }
      return known;
    },
    render(conversation) {
      const text = attempt(conversation);
      if (text === "") {
        throw new LenityError("invalid_request", `${owner} writes nothing for these messages. Send others.`, {
          path: "messages",
        });
      }
      if (typeof text === "string") return text;
      const what = text instanceof Refusal ? "The chat template refuses these messages" : `${owner} fails on these messages`;
      throw new LenityError("invalid_request", `${what}: ${messageOf(text)}${firstAtFault(conversation, text, attempt)}`, {
        path: "messages",
        cause: text,
      });
    },
  };
}

const probe = "probe0content";

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

/** What templates find everywhere, besides Jinja's own `namespace`. */
export function globals(): Environment {
  const environment = new Environment();
  const values = {
    true: true,
    false: false,
    none: null,
    range,
    raise_exception(text: unknown) {
      throw new Refusal(String(text));
    },
    strftime_now: (format: string) => strftime(format, new Date()),
  };
  for (const [name, value] of Object.entries(values)) {
    environment.set(name, value);
    // Jinja knows the constants by Python's names too.
    if (typeof value !== "function") environment.set(`${name[0]?.toUpperCase()}${name.slice(1)}`, value);
  }
  environment.setVariable("dict", dict);
  return environment;
}

/** Python's range. */
function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}

/** Messages. The one at fault is looked for by rendering again and again, which takes too long for more of them. */
const mostSearched = 256;

function firstAtFault(conversation: Conversation, error: Error, attempt: (conversation: Conversation) => string | Error): string {
  if (conversation.messages.length > mostSearched) return "";
  const at = culprit(conversation, error, attempt);
  return ` The first at fault is messages[${at}] (${conversation.messages[at]?.role}).`;
}

/** The index of the message from which on the same error comes, found by halving. */
function culprit(conversation: Conversation, error: Error, attempt: (conversation: Conversation) => string | Error): number {
  let [sound, failing] = [0, conversation.messages.length];
  while (failing - sound > 1) {
    const middle = (sound + failing) >> 1;
    const text = attempt({ ...conversation, messages: conversation.messages.slice(0, middle) });
    if (typeof text !== "string" && text.message === error.message) failing = middle;
    else sound = middle;
  }
  return failing - 1;
}

/** As a sentence, and not for ever: templates quote messages. */
function messageOf(error: unknown): string {
  const text = excerpt(error instanceof Error ? error.message : String(error), 500);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
