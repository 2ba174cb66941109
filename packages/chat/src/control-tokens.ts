/** The tokens that only a chat template may write. */
import type { Token, Tokenizer } from "@lenity/core";
import type { ChatRenderer, Conversation } from "./chat-renderer.ts";

export interface ControlTokens {
  /**
   * Those that the tokenizer calls special, and every other added token that the template writes or looks for: its
   * marks for roles, thoughts and calls.
   */
  readonly all: ReadonlySet<Token>;
  /**
   * The same without those that the template itself looks for in an answer, such as `</think>`: it must find them in
   * the content of assistants.
   */
  readonly inAnswers: ReadonlySet<Token>;
}

/** Finds them in the template's own texts, and in what it writes for short conversations. */
export function controlTokens(tokenizer: Tokenizer, renderer: ChatRenderer): ControlTokens {
  const { special, added = special } = tokenizer;
  const spelled = new Map<Token, string>();
  for (const id of added) if (!special.has(id)) spelled.set(id, tokenizer.decode([id], { special: true }));
  const written = new Set(
    // Most tokenizers call all of theirs special: then nothing is rendered.
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

/** Runs of spaces and single characters are ordinary text, even where the template writes them. */
const isMark = (text: string): boolean => Array.from(text).length > 1 && /[^\s\u2581]/u.test(text);

const user = { role: "user", content: "a" };
const answer = { role: "assistant", content: "b" };
const call = { type: "function", id: "c", function: { name: "f", arguments: { x: "y" } } };
const calling = { role: "assistant", content: "", tool_calls: [call] };
const result = { role: "tool", content: "r", name: "f", tool_call_id: "c" };
const tools = [
  { type: "function", function: { name: "f", description: "d", parameters: { type: "object", properties: {} } } },
];

/** Every role, where templates expect it. */
const conversations: readonly Conversation[] = [
  { messages: [user] },
  { messages: [{ role: "system", content: "s" }, user, answer, user] },
  { messages: [user, calling, result] },
  { messages: [user, calling, result, answer, user], tools },
  { messages: [{ role: "system", content: "s" }, user, calling, result, result, user], tools },
];

const samples = ({ attempt }: ChatRenderer): string[] =>
  conversations.map(attempt).filter((text) => typeof text === "string");

/** What a spelling is cut with. */
const cut = "\uF8FF";

/** The marks that change how the template writes an answer: letters that spell them do not. */
function readMarks(marks: readonly string[], { attempt }: ChatRenderer): ReadonlySet<string | undefined> {
  const show = (content: string): string[] =>
    [[], [user]].map((after) =>
      String(attempt({ messages: [user, { ...answer, content }, ...after] })).replaceAll(cut, ""),
    );
  // All in one answer: some come in pairs.
  const whole = ["x", ...marks.map((text) => `${text}x`)].join("");
  const differs = (some: readonly string[], content: string): boolean => {
    const letters = some.reduce((text, mark) => text.replaceAll(mark, Array.from(mark).join(cut)), content);
    return show(letters).join() !== show(content).join();
  };
  const contents = [whole, ...marks.map((mark) => mark + whole)].filter((content) => differs(marks, content));
  return new Set(marks.filter((mark) => contents.some((content) => differs([mark], content))));
}
