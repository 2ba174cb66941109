import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import { commonPrefix, quoted } from "@lenity/core/internal";
import type { Label, LabelledAnswer } from "./labels.ts";
import type { Prompt } from "./prompts.ts";

export interface SpanOptions {
  /** How many tokens after the first error are labelled too, as not fine. Default 0: they are dropped. */
  readonly after?: number | undefined;
  /** Tokens without labels, because lossy rules leave them to strict verification. Default: none. */
  readonly control?: ReadonlySet<Token> | undefined;
}

/**
 * The labels of an answer whose first error is the token at `error` (Judge Decoding, 2501.19309, section 4): what comes
 * before is fine, the error is not. If `error` is the answer's length, all of it is fine.
 */
export function spanLabels(
  answer: readonly Token[],
  error: number,
  { after = 0, control = new Set() }: SpanOptions = {},
): Label[] {
  return answer
    .slice(0, error + 1 + after)
    .map((token, at) => ({ at, token, fine: at < error }))
    .filter(({ token }) => !control.has(token));
}

/**
 * The answers of a prompt with their labels, in the order of the prompt file, right ones first. All tokens of a right
 * answer are fine. The first error of a wrong one is the token with which it leaves every right answer; it is cut off
 * after the last label. Throws `invalid_request` if there is no right answer, or if an answer is both.
 */
export function spanAnswers(
  { question, group, right = [], wrong = [] }: Prompt,
  prompt: readonly Token[],
  tokenizer: Tokenizer,
  options: SpanOptions = {},
): LabelledAnswer[] {
  const rights = right.map((text) => tokenizer.encode(text));
  const invalid = (what: string) =>
    new LenityError(
      "invalid_request",
      `The prompt ${quoted(question)} ${what}. Labels from spans need right answers, and wrong ones to compare with them.`,
    );
  if (rights.length === 0) throw invalid('has no "right" answer');
  const labelled = (tokens: readonly Token[], error: number): LabelledAnswer => {
    const answer = tokens.slice(0, error + 1 + (options.after ?? 0));
    return { group, prompt, answer, labels: spanLabels(answer, error, options) };
  };
  return [
    ...rights.map((answer) => labelled(answer, answer.length)),
    ...wrong.map((text) => {
      if (right.includes(text)) throw invalid(`has an answer that is both right and wrong, ${quoted(text)}`);
      const answer = tokenizer.encode(text);
      return labelled(answer, Math.max(...rights.map((other) => commonPrefix(answer, other))));
    }),
  ];
}
