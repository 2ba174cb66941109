import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ChatMessage } from "./chat-message.ts";
import { chatRenderer } from "./chat-renderer.ts";
import { type ControlTokens, controlTokens } from "./control-tokens.ts";
import { encodeNow, type GivenText, type PromptText, promptEncoding } from "./encode-prompt.ts";
import { jsonValues, mostValues } from "./json-scan.ts";
import type { ChatTool } from "./request.ts";
import type { ServedModel } from "./served-model.ts";
import { firstLetters, unusedCharacter } from "./spelling.ts";

/** Turns messages, and tools where the template reads them, into the prompt's tokens. */
export interface PromptWriter {
  (messages: readonly ChatMessage[], tools?: readonly ChatTool[]): Token[];
  /** The tokens that only the template may write: marks of roles and the like, those too that the tokenizer does not call special. */
  readonly control: ReadonlySet<Token>;
}

/** What of a model writes its prompts. */
export type PromptModel = Pick<ServedModel, "id" | "tokenizer" | "chatTemplate" | "toolTemplate" | "chatTemplateFile" | "specialTokens">;

/** The most messages of a conversation: as many as OpenAI's own API takes. */
const mostMessages = 2048;

/**
 * Only the template writes control tokens (see `controlTokens`): where a message spells one (`<|end|>`), the text is encoded in two pieces, cut inside
 * the spelling, so that the model reads the letters. Prompts without such spellings are encoded whole. The function throws `invalid_request` when the template refuses
 * the messages, when there are more than 2048 of them, or a text reads as a control token even so, and `unsupported` for what the template would
 * leave out; `promptWriter` itself throws on a template that is not Jinja and on a tokenizer that adds control tokens.
 */
export function promptWriter(model: PromptModel): PromptWriter {
  const textOf = promptText(model);
  const encoding = promptEncoding(model.tokenizer, textOf.control);
  const write = (messages: readonly ChatMessage[], tools?: readonly ChatTool[]) =>
    encodeNow(encoding(textOf(messages, tools)), model.tokenizer);
  return Object.assign(write, { control: textOf.control.all });
}

/** Writes the text of prompts. */
export interface PromptTexts {
  (messages: readonly ChatMessage[], tools?: readonly ChatTool[]): PromptText;
  readonly control: ControlTokens;
}

/** `promptWriter` up to the text. */
export function promptText(model: PromptModel): PromptTexts {
  const { id, tokenizer, chatTemplate, toolTemplate } = model;
  if (tokenizer.encode("").some((token) => tokenizer.special.has(token))) {
    throw new TypeError(`The tokenizer of ${id} adds control tokens of its own in encode(). Turn that off: the chat template writes them.`);
  }
  const renderer = chatRenderer(model);
  const control = controlTokens(tokenizer, renderer);
  const spellings = new Map([control.all, control.inAnswers].map((tokens) => [tokens, spellingOf(tokenizer, tokens)]));

  const textOf = (messages: readonly ChatMessage[], offered?: readonly ChatTool[]): PromptText => {
    const tools = offered === undefined || offered.length === 0 ? undefined : offered;
    const leftOut = (path: string, what: string) =>
      new LenityError("unsupported", `${path} is not supported by ${id}: its chat template does not know ${what}. Leave it out.`, { path });
    if (tools !== undefined && !renderer.readsTools) throw leftOut("tools", "tools");
    for (const [at, { role, tool_calls: calls }] of messages.entries()) {
      if (!renderer.knows(roleOf(role))) throw leftOut(`messages[${at}].role`, `the role "${role}"`);
      if (calls !== undefined && !renderer.readsCalls) throw leftOut(`messages[${at}].tool_calls`, "tool_calls");
    }
    const plain = toTemplate(messages);
    const texts = [chatTemplate, toolTemplate ?? ""];
    const gather = (text: string) => {
      texts.push(text);
      return text;
    };
    for (const [at, message] of plain.entries()) mapTexts(message, `messages[${at}]`, gather);
    mapTexts(tools, "tools", gather);
    const mark = unusedCharacter(texts);
    if (mark === undefined) {
      const message = "The messages use every private-use character of Unicode. Leave some out.";
      throw new LenityError("invalid_request", message, { path: "messages" });
    }
    const given: GivenText[] = [];
    const marked =
      (path: string, forbidden = control.all) =>
      (text: string) => {
        const spelling = spellings.get(forbidden);
        const cut = spelling === undefined ? text.toWellFormed() : text.toWellFormed().replace(spelling, `$&${mark}`);
        given.push({ path, text: cut, forbidden });
        return cut;
      };
    let text: string;
    try {
      text = renderer.render({
        messages: plain.map((message, at) => ({
          ...(mapTexts({ ...message, content: "" }, `messages[${at}]`, marked(`messages[${at}].content`)) as object),
          content: marked(`messages[${at}].content`, message.role === "assistant" ? control.inAnswers : control.all)(message.content),
          role: message.role,
        })),
        tools: mapTexts(tools, "tools", marked("tools")) as readonly unknown[] | undefined,
      });
    } catch (error) {
      if (!(error instanceof LenityError)) throw error;
      throw new LenityError(error.code, error.message.replaceAll(mark, ""), { path: error.path, cause: error.cause });
    }
    return { pieces: text.split(mark), given, mark };
  };
  return Object.assign(textOf, { control });
}

/** OpenAI's newer name for a system message is unknown to templates. */
const roleOf = (role: ChatMessage["role"]): string => (role === "developer" ? "system" : role);

/** A message as templates read it. */
interface TemplateMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly unknown[];
}

/** Templates write the arguments of a call with `tojson`, so they read objects where OpenAI's protocol has JSON text. */
function toTemplate(messages: readonly ChatMessage[]): TemplateMessage[] {
  const path = "messages";
  if (messages.length > mostMessages) {
    throw new LenityError("invalid_request", `messages holds ${messages.length} messages; expected ${mostMessages} at most.`, { path });
  }
  let values = 0;
  const parsed = (text: string): unknown => {
    values += jsonValues(text, mostValues);
    if (values > mostValues) {
      const message = `The arguments of tool_calls hold more than ${mostValues} values in all. Shorten them.`;
      throw new LenityError("invalid_request", message, { path });
    }
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };
  return messages.map(({ tool_calls: calls, ...rest }) => {
    const message = { ...rest, role: roleOf(rest.role) };
    if (calls === undefined) return message;
    return {
      ...message,
      tool_calls: calls.map((call) => ({ ...call, function: { ...call.function, arguments: parsed(call.function.arguments) } })),
    };
  });
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

/** Matches the first character of every spelling of these tokens, overlapping ones too. */
function spellingOf(tokenizer: Tokenizer, tokens: ReadonlySet<Token>): RegExp | undefined {
  const spellings = Array.from(tokens, (id) => tokenizer.decode([id], { special: true })).filter((text) => text !== "");
  if (spellings.length === 0) return undefined;
  return firstLetters(spellings);
}
