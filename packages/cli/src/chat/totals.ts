import type { Answered } from "../answer.ts";

/** Sums over the answers of a conversation, those that were taken back included. */
export interface Totals {
  readonly answers: number;
  readonly tokens: number;
  /** Target passes. */
  readonly passes: number;
  readonly milliseconds: number;
  /** Accepted tokens that strict verification would have rejected. */
  readonly relaxed: number;
  /** Accepted tokens by the rule that accepted them. */
  readonly acceptedBy: Readonly<Record<string, number>>;
  /** Of the last finished answer: tokens of its prompt, how many of them were cached, and tokens of the answer. */
  readonly last?: { readonly prompt: number; readonly cached: number; readonly answer: number } | undefined;
}

export const noAnswers: Totals = {
  answers: 0,
  tokens: 0,
  passes: 0,
  milliseconds: 0,
  relaxed: 0,
  acceptedBy: {},
};

export function addAnswer(totals: Totals, { answer, tokens, passes, milliseconds }: Answered): Totals {
  const acceptedBy = { ...totals.acceptedBy };
  for (const { source, by = "draft" } of tokens) if (source === "draft") acceptedBy[by] = (acceptedBy[by] ?? 0) + 1;
  return {
    answers: totals.answers + 1,
    tokens: totals.tokens + tokens.length,
    passes: totals.passes + passes,
    milliseconds: totals.milliseconds + milliseconds,
    relaxed: totals.relaxed + tokens.filter(({ relaxed }) => relaxed).length,
    acceptedBy,
    last:
      answer === undefined
        ? totals.last
        : { prompt: answer.promptTokens, cached: answer.counters.cached, answer: answer.tokens.length },
  };
}
