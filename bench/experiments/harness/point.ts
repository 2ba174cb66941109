/** What is reported of one setting. */
import { signTest, wilson } from "@lenity/train";
import type { AnswerRecord } from "./answer-record.ts";
import { mean, quantile } from "./statistics.ts";

export interface Point {
  readonly answers: number;
  /** The share of right answers, and its Wilson interval at 95 %. */
  readonly right: number;
  readonly interval: readonly [number, number];
  /** Problems that only this setting, and only strict verification, solves, and McNemar's exact p. */
  readonly against?: { readonly gained: number; readonly lost: number; readonly p: number } | undefined;
  /** Emitted tokens per target pass. */
  readonly tokensPerPass: number;
  /** Means per answer. */
  readonly tokens: number;
  readonly passes: number;
  readonly relaxed: number;
  /** The share of drafted tokens that were accepted. 0 in plain decoding. */
  readonly accepted: number;
  /** Shares of answers. */
  readonly truncated: number;
  readonly looped: number;
  readonly refused: number;
  /** q − p of accepted tokens: the mean, the 99th percentile and the share above 0.5. Absent in plain decoding. */
  readonly overshoot?: { readonly mean: number; readonly high: number; readonly tail: number } | undefined;
}

/** `strict` are the answers of strict verification to the same problems. */
export function pointOf(answers: readonly AnswerRecord[], strict?: readonly AnswerRecord[]): Point {
  const count = answers.length;
  const sum = (of: (answer: AnswerRecord) => number): number => answers.reduce((all, answer) => all + of(answer), 0);
  const share = (of: (answer: AnswerRecord) => boolean): number => rounded(answers.filter(of).length / count);
  const right = answers.filter((answer) => answer.right).length;
  const [tokens, passes, drafted] = [sum((a) => a.tokens), sum((a) => a.passes), sum((a) => a.drafted)];
  return {
    answers: count,
    right: rounded(right / count),
    interval: wilson(right, count).map(rounded) as [number, number],
    ...(strict === undefined ? {} : { against: compared(answers, strict) }),
    tokensPerPass: rounded(tokens / passes),
    tokens: rounded(tokens / count),
    passes: rounded(passes / count),
    relaxed: rounded(sum((a) => a.relaxed) / count),
    accepted: drafted === 0 ? 0 : rounded(sum((a) => a.accepted) / drafted),
    truncated: share((a) => a.truncated),
    looped: share((a) => a.looped),
    refused: share((a) => a.refused),
    ...(drafted === 0 ? {} : { overshoot: overshootOf(answers) }),
  };
}

function compared(answers: readonly AnswerRecord[], strict: readonly AnswerRecord[]): Point["against"] {
  const gained = answers.filter(({ right }, i) => right && strict[i]?.right === false).length;
  const lost = answers.filter(({ right }, i) => !right && strict[i]?.right === true).length;
  return { gained, lost, p: rounded(signTest(gained, lost)) };
}

function overshootOf(answers: readonly AnswerRecord[]): Point["overshoot"] {
  const all = answers.flatMap(({ overshoot }) => overshoot).sort((a, b) => a - b);
  return {
    mean: rounded(mean(all)),
    high: rounded(quantile(all, 0.99)),
    tail: rounded(all.filter((value) => value > 0.5).length / all.length),
  };
}

/** To four decimals, or four digits if it is small. */
export const rounded = (value: number): number =>
  Math.abs(value) < 0.01 ? Number(value.toPrecision(4)) : Math.round(10_000 * value) / 10_000;
