import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ChatMessage } from "./chat-message.ts";
import { chatRenderer } from "./chat-renderer.ts";
import type { ChatTool } from "./request.ts";
import type { ServedModel } from "./served-model.ts";

/** Turns messages, and tools where the template reads them, into the prompt's tokens. */
export type PromptWriter = (messages: readonly ChatMessage[], tools?: readonly ChatTool[]) => Token[];

/**
 * Only the template writes control tokens: where a message spells one (`<|end|>`), the text is encoded in two pieces, cut inside the spelling, so
 * that the model reads the letters. Prompts without such spellings are encoded whole. The function throws `invalid_request` when the template refuses
 * the messages, or a text reads as a control token even so, and `unsupported` for what the template would leave out; `promptWriter` itself
 * throws on a template that is not Jinja and on a tokenizer that adds control tokens.
 */
export function promptWriter(
  model: Pick<ServedModel, "id" | "tokenizer" | "chatTemplate" | "toolTemplate" | "chatTemplateFile" | "specialTokens">,
): PromptWriter {
  const { id, tokenizer, chatTemplate, toolTemplate } = model;
  if (tokenizer.encode("").some((token) => tokenizer.special.has(token))) {
    throw new TypeError(`The tokenizer of ${id} adds control tokens of its own in encode(). Turn that off: the chat template writes them.`);
  }
  const renderer = chatRenderer(model);
  const spelling = spellingOf(tokenizer);

  return (messages, given) => {
    const tools = given === undefined || given.length === 0 ? undefined : given;
    const leftOut = (path: string, what: string) =>
      new LenityError("unsupported", `${path} is not supported by ${id}: its chat template does not know ${what}. Leave it out.`, { path });
    if (tools !== undefined && !renderer.readsTools) throw leftOut("tools", "tools");
    for (const [at, { role, tool_calls: calls }] of messages.entries()) {
      if (!renderer.knows(roleOf(role))) throw leftOut(`messages[${at}].role`, `the role "${role}"`);
      if (calls !== undefined && !renderer.readsCalls) throw leftOut(`messages[${at}].tool_calls`, "tool_calls");
    }
    const plain = messages.map(toTemplate);
    const texts = [chatTemplate, toolTemplate ?? ""];
    const gather = (text: string) => {
      texts.push(text);
      return text;
    };
    for (const [at, message] of plain.entries()) mapTexts(message, `messages[${at}]`, gather);
    mapTexts(tools, "tools", gather);
    const mark = unusedCharacter(texts);
    const marked = (path: string) => (text: string) => {
      const cut = spelling === undefined ? text.toWellFormed() : text.toWellFormed().replace(spelling, `$&${mark}`);
      // Some tokenizers also read a control token in other spellings (after normalisation), or in a single character.
      if (cut.split(mark).some((piece) => tokenizer.encode(piece).some((token) => tokenizer.special.has(token)))) throw controlToken(path);
      return cut;
    };
    let text: string;
    try {
      text = renderer.render({
        messages: plain.map((message, at) => ({
          ...(mapTexts(message, `messages[${at}]`, marked(`messages[${at}].content`)) as object),
          role: message.role,
        })),
        tools: mapTexts(tools, "tools", marked("tools")) as readonly unknown[] | undefined,
      });
    } catch (error) {
      if (!(error instanceof LenityError)) throw error;
      throw new LenityError(error.code, error.message.replaceAll(mark, ""), { path: error.path, cause: error.cause });
    }
    return text.split(mark).flatMap((piece) => tokenizer.encode(piece));
  };
}

/** OpenAI's newer name for a system message is unknown to templates. */
const roleOf = (role: ChatMessage["role"]): string => (role === "developer" ? "system" : role);

/** Templates write the arguments of a call with `tojson`, so they read objects where OpenAI's protocol has JSON text. */
function toTemplate({ tool_calls: calls, ...rest }: ChatMessage): { readonly role: string; readonly tool_calls?: readonly unknown[] } {
  const message = { ...rest, role: roleOf(rest.role) };
  if (calls === undefined) return message;
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };
  return {
    ...message,
    tool_calls: calls.map((call) => ({ ...call, function: { ...call.function, arguments: parsed(call.function.arguments) } })),
  };
}

/** Deeper JSON in a request has no purpose but to exhaust the stack. */
const deepest = 100;

/** The same value with every text in it, keys too, replaced. Throws `invalid_request` when it is nested too deep. */
function mapTexts(value: unknown, path: string, map: (text: string) => string, depth = 0): unknown {
  if (typeof value === "string") return map(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > deepest) {
    throw new LenityError("invalid_request", `${path} is nested deeper than ${deepest} levels. Give a flatter one.`, { path });
  }
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, path, map, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, path, map, depth + 1)]));
}

/** Matches the first character of every spelling of a control token, overlapping ones too. */
function spellingOf(tokenizer: Tokenizer): RegExp | undefined {
  const spellings = Array.from(tokenizer.special, (id) => tokenizer.decode([id], { special: true })).filter((text) => text !== "");
  if (spellings.length === 0) return undefined;
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const starts = spellings.map(([first = "", ...rest]) => `${literal(first)}(?=${literal(rest.join(""))})`);
  return new RegExp(starts.join("|"), "gu");
}

/** A private-use character that none of the texts holds. */
function unusedCharacter(texts: readonly string[]): string {
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const character = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(character))) return character;
  }
  throw new LenityError("invalid_request", "The messages use every private-use character of Unicode. Leave some out.", {
    path: "messages",
  });
}

const controlToken = (path: string): LenityError =>
  new LenityError("invalid_request", "The text holds a control token of the model that cannot be read as text. Leave it out.", { path });
