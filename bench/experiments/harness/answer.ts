/** Answers one problem under one setting. */
import { complete, type Drafter, type EmittedToken, type LanguageModel, type Token } from "@lenity/core";
import { isRefusal } from "@lenity/tiny/check";
import type { AnswerRecord } from "./answer-record.ts";
import type { Models } from "./models.ts";
import type { Setting } from "./setting.ts";
import { truncatedModel } from "./truncated-model.ts";

/** The most tokens of an answer. Right answers are shorter than half of it. */
export const maxTokens = 300;

export interface Question {
  /** The prompt's tokens. */
  readonly prompt: readonly Token[];
  readonly target: LanguageModel;
  readonly drafter: () => Drafter;
  readonly temperature: number;
  readonly seed: number;
  readonly isRight: (text: string) => Promise<boolean>;
}

export async function answer(question: Question, setting: Setting, models: Models): Promise<AnswerRecord> {
  const { prompt, temperature, seed } = question;
  const { policy, draftTokens, truncation } = setting;
  const target = truncation === undefined ? question.target : truncatedModel(question.target, truncation, temperature);
  const { text, reason, counters, tokens } = await complete(prompt, {
    target,
    seed,
    tokenizer: models.tokenizer,
    control: models.writer.control,
    drafter: policy === undefined ? undefined : question.drafter(),
    verifier: policy === undefined ? undefined : models.registry(setting).create(policy),
    draftTokens,
    sampling: { temperature },
    maxTokens,
    trace: true,
  });
  return {
    right: reason === "stop" && (await question.isRight(text)),
    refused: isRefusal(text),
    truncated: reason === "length",
    looped: counters.looping,
    tokens: counters.emitted,
    passes: counters.rounds,
    drafted: counters.drafted,
    accepted: counters.accepted,
    relaxed: counters.relaxed,
    spent: counters.spent,
    overshoot: tokens.flatMap(overshootOf),
  };
}

/** q − p, which is known for drafted tokens only. */
const overshootOf = ({ source, p, q }: EmittedToken): number[] =>
  source === "draft" && p !== undefined && q !== undefined ? [Math.round(100 * (q - p)) / 100] : [];
