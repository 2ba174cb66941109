/** Turns messages into the text of a prompt, with marks where messages spell control tokens. */
import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ChatMessage, ChatTool } from "./chat-message.ts";
import type { ChatRenderer } from "./chat-renderer.ts";
import type { ControlTokens } from "./control-tokens.ts";
import { withShortIds } from "./short-ids.ts";
import { firstLetters, unusedCharacter } from "./spelling.ts";
import { mapTexts, type TemplateMessage, templateMessages } from "./template-messages.ts";
import { toolsAsText } from "./tools-as-text.ts";

/** The text of a prompt. */
export interface PromptText {
  /** To be encoded separately: the text is cut inside each control token that a message spells. */
  readonly pieces: readonly string[];
  /** The texts from the messages and tools. */
  readonly given: readonly GivenText[];
  /** The character at each cut of a given text. */
  readonly mark: string;
}

/** A text from the messages or tools, with the prompt's `mark` at each cut. */
export interface GivenText {
  /** Where it comes from, such as `messages[0].content`. */
  readonly path: string;
  readonly text: string;
  /** The control tokens that it must not contain. */
  readonly forbidden: ReadonlySet<Token>;
}

/** What is needed to write the text of a prompt. */
export interface TextParts {
  /** The model's name in error messages. */
  readonly name: string;
  readonly tokenizer: Tokenizer;
  readonly renderer: ChatRenderer;
  readonly control: ControlTokens;
}

/** Returns a function that writes the text of a prompt. */
export function promptText({
  name,
  tokenizer,
  renderer,
  control,
}: TextParts): (messages: readonly ChatMessage[], tools?: readonly ChatTool[]) => PromptText {
  const spellings = new Map([control.all, control.inAnswers].map((tokens) => [tokens, spellingOf(tokenizer, tokens)]));
  return (messages, offered) => {
    const given = templateMessages(messages);
    checkKnown(given, messages, renderer, name);
    mapTexts(offered, "tools", (text) => text); // refuses what is nested too deeply to be written
    const { messages: talk, tools } = toolsAsText(
      { messages: given, tools: offered?.length === 0 ? undefined : offered },
      renderer,
    );
    // Messages that were put together have no place of their own.
    const pathOf = (at: number) => (talk === given ? `messages[${at}]` : "messages");
    const plain = renderer.wantsShortIds ? withShortIds(talk) : talk;
    const mark = unusedMark(plain, tools, renderer);
    const texts: GivenText[] = [];
    const marked =
      (path: string, forbidden = control.all) =>
      (text: string) => {
        const spelling = spellings.get(forbidden);
        const whole = text.toWellFormed();
        const cut = spelling === undefined ? whole : whole.replace(spelling, `$&${mark}`);
        texts.push({ path, text: cut, forbidden });
        return cut;
      };
    const markedMessage = (message: TemplateMessage, at: number) => {
      const place = pathOf(at);
      const path = talk === given ? `${place}.content` : place;
      const forbidden = message.role === "assistant" ? control.inAnswers : control.all;
      return {
        ...(mapTexts({ ...message, content: "" }, place, marked(path)) as object),
        content: marked(path, forbidden)(message.content),
        role: message.role,
      };
    };
    const text = withoutMark(mark, () =>
      renderer.render({
        messages: plain.map(markedMessage),
        tools: mapTexts(tools, "tools", marked("tools")) as readonly unknown[] | undefined,
      }),
    );
    return { pieces: text.split(mark), given: texts, mark };
  };
}

/** Throws `unsupported` for roles that the template would leave out. Results of tools can be written as text. */
function checkKnown(
  plain: readonly TemplateMessage[],
  messages: readonly ChatMessage[],
  renderer: ChatRenderer,
  name: string,
): void {
  for (const [at, { role }] of plain.entries()) {
    if (role === "tool" || renderer.knows(role)) continue;
    const path = `messages[${at}].role`;
    const what = `its chat template does not support the role "${messages[at]?.role}"`;
    throw new LenityError("unsupported", `${path} is not supported by ${name}: ${what}. Leave it out.`, { path });
  }
}

/** A character that is not in the templates, the messages or the tools. */
function unusedMark(plain: readonly TemplateMessage[], tools: unknown, renderer: ChatRenderer): string {
  const texts = [...renderer.sources, ...renderer.texts];
  const collect = (text: string) => {
    texts.push(text);
    return text;
  };
  for (const [at, message] of plain.entries()) mapTexts(message, `messages[${at}]`, collect);
  mapTexts(tools, "tools", collect);
  const mark = unusedCharacter(texts);
  if (mark !== undefined) return mark;
  const message = "The messages use every private-use character of Unicode. Remove some of them.";
  throw new LenityError("invalid_request", message, { path: "messages" });
}

/** Calls `render` and removes the mark from its errors, which quote messages. */
function withoutMark(mark: string, render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof LenityError)) throw error;
    const { code, message, path, cause } = error;
    throw new LenityError(code, message.replaceAll(mark, ""), { path, cause });
  }
}

/** Matches the first character of every spelling of these tokens, including overlapping ones. */
function spellingOf(tokenizer: Tokenizer, tokens: ReadonlySet<Token>): RegExp | undefined {
  const spellings = Array.from(tokens, (id) => tokenizer.decode([id], { special: true })).filter((text) => text !== "");
  return spellings.length === 0 ? undefined : firstLetters(spellings);
}
