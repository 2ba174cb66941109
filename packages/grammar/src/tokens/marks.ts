import type { Token, Tokenizer } from "@lenity/core";

/** A text such as `<tool_call>` that one added token stands for. */
export interface Mark {
  readonly text: string;
  readonly token: Token;
  /** What stands for the token among the bytes of a text: one that UTF-8 never has. */
  readonly byte: number;
}

/** The bytes of marks. */
const [first, last] = [0xf8, 0xfe];

export const isMarkByte = (byte: number): boolean => byte >= first && byte <= last;

/** Those of the texts that the tokenizer has an added token for; at most seven. */
export function marksOf(texts: readonly string[], { special, added = special, decode }: Tokenizer): readonly Mark[] {
  if (texts.length === 0) return [];
  const wanted = new Set(texts);
  const found: Mark[] = [];
  for (const token of new Set([...special, ...added])) {
    const text = decode([token], { special: true });
    // Only the first of several tokens with the same text, as when encoding.
    if (!wanted.delete(text) || first + found.length > last) continue;
    found.push({ text, token, byte: first + found.length });
  }
  return found;
}

/**
 * The ways to write a text, as strings with a character per byte: each mark in it as its token, or, if `spelled`, also
 * in letters.
 */
export function spellings(text: string, marks: readonly Mark[], spelled: boolean): string[] {
  const mark = marks
    .filter(({ text: own }) => text.includes(own))
    .sort((a, b) => text.indexOf(a.text) - text.indexOf(b.text) || b.text.length - a.text.length)[0];
  if (mark === undefined) return [latin(text)];
  const at = text.indexOf(mark.text);
  const rest = spellings(text.slice(at + mark.text.length), marks, spelled);
  const ways = [String.fromCharCode(mark.byte), ...(spelled ? [latin(mark.text)] : [])];
  return ways.flatMap((way) => rest.map((tail) => latin(text.slice(0, at)) + way + tail));
}

const latin = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));
