/** Log probabilities in the shapes of completions: OpenAI's legacy one, and vLLM's for prompts. */
import type { EmittedToken, Logprobs, Token, Tokenizer } from "@lenity/core";
import { promptTexts } from "./text-job.ts";
import { aloneOf, type TokenText } from "./token-texts.ts";

/** OpenAI's legacy `logprobs`: one item for each token of the text. */
export interface TextLogprobs {
  /** Joined they are the text. */
  readonly tokens: readonly string[];
  /** Null for the first token of an echoed prompt, which nothing comes before. */
  readonly token_logprobs: readonly (number | null)[];
  /** The most probable tokens by their text, and the token itself. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  /** Where each token begins, in characters from the beginning of the prompt. */
  readonly text_offset: readonly number[];
}

/** What `prompt_logprobs` says about one position: by token id, the most probable tokens and the prompt's own. */
export type PromptLogprob = Readonly<
  Record<string, { readonly logprob: number; readonly rank: number; readonly decoded_token: string }>
>;

/** One token of a text and its log probabilities, if something comes before it. */
export interface ScoredText {
  readonly text: string;
  readonly logprobs: Logprobs | undefined;
}

/** Characters of a text, counted as in Python: code points. */
export const lengthOf = (text: string): number => Array.from(text).length;

/** Writes the logprobs of one choice piece by piece. The first piece begins `offset` characters into the prompt. */
export function textLogprobs(
  tokenizer: Tokenizer,
  count: number,
  offset: number,
): (tokens: readonly ScoredText[]) => TextLogprobs {
  let next = offset;
  return (tokens) => ({
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprobs }) => logprobs?.logprob ?? null),
    top_logprobs: tokens.map(({ logprobs }) => {
      if (logprobs === undefined) return null;
      // The own one last, so that it is kept if two tokens have the same text.
      const listed = [...logprobs.top.slice(0, count), logprobs];
      return Object.fromEntries(listed.map(({ token, logprob }) => [aloneOf(tokenizer, token).token, logprob]));
    }),
    text_offset: tokens.map(({ text }) => {
      const at = next;
      next += lengthOf(text);
      return at;
    }),
  });
}

/** The same with every token of the answer by its id, so that a program can tell tokens with the same text apart. */
export function idLogprobs(
  tokens: readonly Pick<EmittedToken, "token" | "logprobs">[],
  tokenizer: Tokenizer,
  { count, offset }: { readonly count: number; readonly offset: number },
): TextLogprobs {
  const named = (token: Token) => `token_id:${token}`;
  const known = tokens.flatMap(({ logprobs }) => logprobs ?? []);
  let next = offset;
  return {
    tokens: known.map(({ token }) => named(token)),
    token_logprobs: known.map(({ logprob }) => logprob),
    top_logprobs: known.map((own) =>
      Object.fromEntries([...own.top.slice(0, count), own].map(({ token, logprob }) => [named(token), logprob])),
    ),
    text_offset: promptTexts(
      tokenizer,
      known.map(({ token }) => token),
    ).map((text) => {
      const at = next;
      next += lengthOf(text);
      return at;
    }),
  };
}

/** The tokens of an answer, as `textLogprobs` takes them. */
export const scoredTexts = (tokens: readonly TokenText[]): ScoredText[] =>
  tokens.map(({ text, token }) => ({ text, logprobs: token.logprobs }));

/** vLLM's `prompt_logprobs`: null for the first token. */
export function promptLogprobsOf(
  all: readonly (Logprobs | undefined)[],
  tokenizer: Tokenizer,
  count: number,
): (PromptLogprob | null)[] {
  const named = (token: Token) => aloneOf(tokenizer, token).token;
  return all.map((own) => {
    if (own === undefined) return null;
    const listed = own.top.slice(0, count).map(({ token, logprob }, at) => ({ token, logprob, rank: at + 1 }));
    if (!listed.some(({ token }) => token === own.token)) listed.push(own);
    return Object.fromEntries(
      listed.map(({ token, logprob, rank }) => [token, { logprob, rank, decoded_token: named(token) }]),
    );
  });
}
