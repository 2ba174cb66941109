import type { CallForm, Reasoning, ReasoningForm, Token, Tokenizer } from "@lenity/core";
import type { ChatRenderer } from "../chat-renderer.ts";
import { list, named, objects, soleObject, tagged } from "./call-forms.ts";

/** How the answers of a model are written. */
export interface AnswerForm {
  readonly calls: CallForm;
  /** Undefined if the model does not reason. */
  readonly reasoning: ReasoningForm | undefined;
  /** The texts of these forms that have a token of their own, such as `<tool_call>`. */
  readonly marks: readonly string[];
}

const reasonings: readonly ReasoningForm[] = [
  { open: "<think>", close: "</think>" },
  { open: "[THINK]", close: "[/THINK]" },
];

/** Recognises the form of a model's answers by its chat template, and its reasoning also by its tokens. */
export function answerForm({ sources, readsTools }: ChatRenderer, tokenizer: Tokenizer): AnswerForm {
  const source = sources.join("\n");
  const added = addedTexts(tokenizer);
  const calls = readsTools ? callForm(source) : objects;
  const reasoning = reasonings.find(
    ({ open, close }) => source.includes(close) || (added.includes(open) && added.includes(close)),
  );
  const { begin, open, middle, close, between = "", end } = calls;
  const texts = [...begin, ...open, middle, close, between, end, reasoning?.open ?? "", reasoning?.close ?? ""];
  const marks = added.filter((mark) => isMark(mark) && texts.some((text) => text.includes(mark)));
  return { calls, reasoning, marks };
}

function callForm(source: string): CallForm {
  // Tags around anything but JSON, as those of Qwen3-Coder, are not known here.
  if (source.includes("<tool_call>") && source.includes("arguments") && !source.includes("<function=")) return tagged;
  if (source.includes("[TOOL_CALLS]")) return source.includes("[ARGS]") ? named : list;
  return /\{"name": "/.test(source) && /"parameters": /.test(source) ? soleObject : objects;
}

/** White space and single characters, which some tokenizers add, mean nothing. */
const isMark = (text: string): boolean => text.trim().length > 1;

const addedTexts = (tokenizer: Tokenizer): string[] =>
  [...new Set([...tokenizer.special, ...(tokenizer.added ?? [])])].map((id) => spellingOf(id, tokenizer));

const spellingOf = (id: Token, { decode }: Tokenizer): string => decode([id], { special: true });

/** More tokens than any template writes behind the mark with which it opens or closes reasoning. */
const tail = 16;

/** The reasoning of the answer to this prompt: undefined if the prompt has closed it already, or if there is none. */
export function reasoningAfter(
  prompt: readonly Token[],
  form: ReasoningForm | undefined,
  tokenizer: Tokenizer,
): Reasoning | undefined {
  if (form === undefined) return undefined;
  const end = tokenizer.decode(prompt.slice(-tail), { special: true }).trimEnd();
  return end.endsWith(form.close) ? undefined : { ...form, isOpen: end.endsWith(form.open) };
}

/** The tokenizer, but marks that are special tokens are part of a text as they are spelled. */
export function spellingMarks(tokenizer: Tokenizer, marks: readonly string[]): Tokenizer {
  const spelled = new Map(
    [...tokenizer.special]
      .map((id) => [id, spellingOf(id, tokenizer)] as const)
      .filter(([, text]) => marks.includes(text)),
  );
  if (spelled.size === 0) return tokenizer;
  const { decode, bytes } = tokenizer;
  const utf8 = new TextEncoder();
  return {
    ...tokenizer,
    special: new Set([...tokenizer.special].filter((id) => !spelled.has(id))),
    bytes: bytes && ((token) => (spelled.has(token) ? utf8.encode(spelled.get(token)) : bytes(token))),
    decode(tokens, options) {
      let [text, from] = ["", 0];
      for (const [at, token] of tokens.entries()) {
        const mark = spelled.get(token);
        if (mark === undefined) continue;
        text += decode(tokens.slice(from, at), options) + mark;
        from = at + 1;
      }
      return text + decode(from === 0 ? tokens : tokens.slice(from), options);
    },
  };
}
