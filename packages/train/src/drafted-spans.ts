import type { Drafter, LanguageModel, Random, Token, Tokenizer } from "@lenity/core";
import { bestToken } from "./best-token.ts";
import { controlTokens } from "./control-tokens.ts";
import { type FirstError, settledText } from "./first-error.ts";
import { defaultMaxTokens } from "./greedy-answer.ts";
import type { Label, LabelledAnswer } from "./labels.ts";

export interface DraftedSpansOptions {
  readonly target: LanguageModel;
  /** Makes the drafter that proposes the tokens. */
  readonly drafter: () => Drafter;
  readonly tokenizer: Tokenizer;
  /** Knows the right answers to the prompt. */
  readonly firstError: FirstError;
  /** Decides whether the answer is drafted greedily or sampled at temperature 1, each half of the time, and draws. */
  readonly random: Random;
  /** The most tokens to draft at a time. Default 16. */
  readonly draftTokens?: number | undefined;
  /** As in `LabelOptions`. */
  readonly control?: ReadonlySet<Token> | undefined;
  readonly maxTokens?: number | undefined;
  readonly scope?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Spans of drafted answers, for prompts whose right answers are all known. The drafter proposes tokens along the
 * answer, as in decoding. Those before its first error are fine and join the answer. The error is labelled as not fine,
 * and the answer goes on with the target's token, so that errors have the same contexts as when decoding with a judge.
 * Control tokens are verified strictly. The answer ends with EOS, at the limit, or when the target makes an error.
 */
export async function draftedSpans(
  { group, tokens: prompt }: { readonly group?: string | undefined; readonly tokens: readonly Token[] },
  options: DraftedSpansOptions,
): Promise<LabelledAnswer> {
  const { target, random, scope, signal, draftTokens = 16, maxTokens = defaultMaxTokens } = options;
  const most = Math.min(maxTokens, target.contextLength - prompt.length);
  const sampling = { temperature: random() < 0.5 ? 0 : 1, topK: 0, topP: 1, minP: 0 };
  const draft = options.drafter();
  const session = await target.open({ scope });
  const answer: Token[] = [];
  const labels: Label[] = [];
  try {
    for (let ended = most <= 0; !ended; ended ||= answer.length >= most) {
      const context = [...prompt, ...answer];
      const limit = Math.min(draftTokens, most - answer.length - 1);
      const uniform = Array.from({ length: limit }, random);
      const proposal = await draft.propose({ context, limit, sampling, uniform, scope, signal });
      const tokens = proposal.tokens.slice(0, limit);
      await session.rewind(Math.min(session.length, context.length - 1));
      const block = [...context, ...tokens].slice(session.length);
      const { logits, rows } = await session.append(block, { rows: tokens.length + 1, signal });
      const own = Array.from({ length: rows }, (_, row) => bestToken(target, logits, row));
      const round = judged(answer, tokens, own, options);
      labels.push(...round.labels);
      answer.push(...round.tokens);
      ended = round.ended;
    }
  } finally {
    await Promise.all([session.close(), draft.close()]);
  }
  return { group, prompt, answer, labels };
}

/**
 * One round: the labels of the drafted tokens, and the tokens that continue the answer. `own` are the target's choices
 * in the place of each drafted token, and after the last.
 */
function judged(
  answer: readonly Token[],
  drafted: readonly Token[],
  own: readonly Token[],
  { target, tokenizer, firstError, control = controlTokens(tokenizer, target.eos) }: DraftedSpansOptions,
): { readonly labels: Label[]; readonly tokens: Token[]; readonly ended: boolean } {
  const labels: Label[] = [];
  const tokens: Token[] = [];
  const isRight = (next: Token) => {
    const words = [...answer, ...tokens, next].filter((token) => !control.has(token));
    const text = settledText(tokenizer, words);
    return firstError(text) === text.length;
  };
  for (const [i, token] of drafted.entries()) {
    const strict = control.has(token);
    const fine = strict ? token === own[i] : isRight(token);
    if (!strict) labels.push({ at: answer.length + i, token, fine });
    if (!fine) break;
    tokens.push(token);
    if (target.eos.includes(token)) return { labels, tokens, ended: true };
  }
  const token = own[tokens.length] as Token;
  const ended = target.eos.includes(token) || !isRight(token);
  return { labels, tokens: [...tokens, token], ended };
}
