/** Where in the text a position is. */
import type { Token } from "../model.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { Round } from "../verifier.ts";

/**
 * For each drafted token, the text of the answer before it, including control tokens. Text with which the prompt's
 * template begins the answer is part of it.
 */
export function textsBefore(round: Round, tokenizer: Tokenizer): readonly string[] {
  const { context, promptLength, draft } = round;
  let begin = promptLength;
  while (begin > 0 && promptLength - begin < 16 && !tokenizer.special.has(context[begin - 1] as number)) begin--;
  if (begin > 0 && !tokenizer.special.has(context[begin - 1] as number)) begin = promptLength;
  let text = tokenizer.decode(context.slice(begin), { special: true });
  return draft.map((token, at) => {
    const before = text;
    text += textAfter(at === 0 ? context.at(-1) : draft[at - 1], token, tokenizer);
    return before;
  });
}

/** The text of a token after another one: some decoders drop a leading space. */
function textAfter(previous: Token | undefined, token: Token, tokenizer: Tokenizer): string {
  const first = previous === undefined ? "" : tokenizer.decode([previous], { special: true });
  const both = previous === undefined ? "" : tokenizer.decode([previous, token], { special: true });
  return first !== "" && both.startsWith(first)
    ? both.slice(first.length)
    : tokenizer.decode([token], { special: true });
}

/** Whether the last opening tag is still open. */
export function insideTags(text: string, open: string, close: string): boolean {
  const opened = text.lastIndexOf(open);
  return opened >= 0 && text.indexOf(close, opened + open.length) < 0;
}

/** Whether the text ends inside a JSON object. Tracks strings, escapes and brackets. */
export function insideJson(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = text.indexOf("{"); i >= 0 && i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === "\\") i++;
      else if (character === '"') quoted = false;
    } else if (depth > 0 && character === '"') quoted = true;
    else if (character === "{" || (depth > 0 && character === "[")) depth++;
    else if (depth > 0 && (character === "}" || character === "]")) depth--;
  }
  return depth > 0;
}
