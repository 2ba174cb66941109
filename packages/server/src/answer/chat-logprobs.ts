import type { Tokenizer, TokenLogprob } from "@lenity/core";
import { aloneOf, type TokenText } from "./token-texts.ts";

/** OpenAI's `logprobs` of a chat choice. */
export interface ChatLogprobs {
  /** The tokens of the content: their texts joined are the content, and their bytes joined its UTF-8. */
  readonly content: readonly ChatLogprob[];
  readonly refusal: null;
}

export interface ChatLogprob extends ListedLogprob {
  readonly top_logprobs: readonly ListedLogprob[];
}

export interface ListedLogprob {
  readonly token: string;
  readonly bytes: readonly number[];
  /** The natural logarithm of the target's own probability: before penalties, biases, grammar and sampling settings. */
  readonly logprob: number;
}

export function chatLogprobs(tokens: readonly TokenText[], tokenizer: Tokenizer): ChatLogprobs {
  const listed = ({ token, logprob }: TokenLogprob): ListedLogprob => ({ ...aloneOf(tokenizer, token), logprob });
  const content = tokens.map(({ token: { logprobs }, text, bytes }) => ({
    token: text,
    bytes,
    logprob: logprobs?.logprob ?? Number.NaN,
    top_logprobs: (logprobs?.top ?? []).map(listed),
  }));
  return { content, refusal: null };
}
