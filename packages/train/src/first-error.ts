import { type Token, type Tokenizer, textStream } from "@lenity/core";

/**
 * The index of the first character with which a text leaves the set of right answers, or the length of the text if it
 * is the beginning of one. Whoever knows all right answers can write such a function.
 */
export type FirstError = (text: string) => number;

/** The text of tokens, without a last character that is still incomplete. */
export function settledText(tokenizer: Tokenizer, tokens: readonly Token[]): string {
  const stream = textStream(tokenizer);
  return tokens.map((token) => stream.push(token)).join("");
}

/** The index of the first token with which the text leaves the set of right answers, or the number of tokens. */
export function firstWrongToken(tokenizer: Tokenizer, tokens: readonly Token[], firstError: FirstError): number {
  const stream = textStream(tokenizer);
  let text = "";
  const at = tokens.findIndex((token) => {
    text += stream.push(token);
    return firstError(text) < text.length;
  });
  return at < 0 ? tokens.length : at;
}
