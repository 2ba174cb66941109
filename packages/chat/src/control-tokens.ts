/** Tokens that only the chat template may write. */
import type { Token, Tokenizer } from "@lenity/core";
import type { ChatRenderer, Conversation } from "./chat-renderer.ts";

export interface ControlTokens {
  /**
   * The tokens that the tokenizer calls special, and every other added token that the template writes or searches for,
   * such as marks for roles, thoughts and calls.
   */
  readonly all: ReadonlySet<Token>;
  /**
   * The same without those that the template searches for in an answer, such as `</think>`: it must be able to find
   * them in an assistant's content.
   */
  readonly inAnswers: ReadonlySet<Token>;
}

/** Finds the control tokens in the template's texts, and in its output for short conversations. */
export function controlTokens(tokenizer: Tokenizer, renderer: ChatRenderer): ControlTokens {
  const { special, added = special } = tokenizer;
  const spelled = new Map<Token, string>();
  for (const id of added) if (!special.has(id)) spelled.set(id, tokenizer.decode([id], { special: true }));
  const written = new Set(
    // In most tokenizers all added tokens are special; then there is nothing to render.
    (spelled.size === 0 ? [] : [...renderer.texts, ...samples(renderer)]).flatMap((text) => tokenizer.encode(text)),
  );
  const marks = [...spelled].filter(([id, text]) => written.has(id) && isMark(text));
  const read = readMarks(
    marks.map(([, text]) => text),
    renderer,
  );
  const all = new Set([...special, ...marks.map(([id]) => id)]);
  return { all, inAnswers: new Set([...all].filter((id) => !read.has(spelled.get(id)))) };
}

/** Runs of spaces and single characters are ordinary text, even if the template writes them. */
const isMark = (text: string): boolean => Array.from(text).length > 1 && /[^\s\u2581]/u.test(text);

const user = { role: "user", content: "a" };
const answer = { role: "assistant", content: "b" };
const call = { type: "function", id: "c", function: { name: "f", arguments: { x: "y" } } };
const calling = { role: "assistant", content: "", tool_calls: [call] };
const result = { role: "tool", content: "r", name: "f", tool_call_id: "c" };
const tools = [
  { type: "function", function: { name: "f", description: "d", parameters: { type: "object", properties: {} } } },
];

/** Conversations with every role in an order that templates accept. */
const conversations: readonly Conversation[] = [
  { messages: [user] },
  { messages: [{ role: "system", content: "s" }, user, answer, user] },
  { messages: [user, calling, result] },
  { messages: [user, calling, result, answer, user], tools },
  { messages: [{ role: "system", content: "s" }, user, calling, result, result, user], tools },
];

const samples = ({ attempt }: ChatRenderer): string[] =>
  conversations.map(attempt).filter((text) => typeof text === "string");

/** Inserted between letters, so that they do not spell a mark. */
const cut = "\uF8FF";

/** The marks that the template reacts to: an answer renders differently with the mark than with the mark split up. */
function readMarks(marks: readonly string[], { attempt }: ChatRenderer): ReadonlySet<string | undefined> {
  const show = (content: string): string[] =>
    [[], [user]].map((after) =>
      String(attempt({ messages: [user, { ...answer, content }, ...after] })).replaceAll(cut, ""),
    );
  // All in one answer, because some come in pairs.
  const whole = ["x", ...marks.map((text) => `${text}x`)].join("");
  const differs = (some: readonly string[], content: string): boolean => {
    const letters = some.reduce((text, mark) => text.replaceAll(mark, Array.from(mark).join(cut)), content);
    return show(letters).join() !== show(content).join();
  };
  const contents = [whole, ...marks.map((mark) => mark + whole)].filter((content) => differs(marks, content));
  return new Set(marks.filter((mark) => contents.some((content) => differs([mark], content))));
}
