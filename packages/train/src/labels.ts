import type { Token } from "@lenity/core";

/** A token at a position of an answer, and whether it may stand there. */
export interface Label {
  /** The index in the answer. */
  readonly at: number;
  /** Usually `answer[at]`; another token stands in its place, after `answer.slice(0, at)`. */
  readonly token: Token;
  /** Whether a verifier may accept the token here; false if it leads to a wrong answer. */
  readonly fine: boolean;
  /** What `fine` was decided by, if it was a number: s of `self`, in nats. */
  readonly score?: number | undefined;
}

/** An answer with labelled tokens: one line of a label file. */
export interface LabelledAnswer {
  /** What the prompt belongs to, such as a family of problems; used to split and to report. */
  readonly group?: string | undefined;
  /** The tokens of the prompt, with the chat template's. */
  readonly prompt: readonly Token[];
  readonly answer: readonly Token[];
  readonly labels: readonly Label[];
}

/**
 * How labels are made. spans: right and wrong answers, with tokens up to the first error (Judge Decoding, 2501.19309,
 * section 4). mining: a search for the mismatches that change the result (AutoJudge, 2504.20039, section 3). self: by
 * what the target thinks of the text that follows (SelfJudge, 2510.02329).
 */
export type LabelMethod = "spans" | "mining" | "self";

/** Where labels come from: the first line of a label file. */
export interface LabelSource {
  readonly method: LabelMethod;
  /** The names of the models, as they were loaded. */
  readonly target: string;
  readonly draft?: string | undefined;
  readonly vocabulary: number;
  /** The settings that the labels depend on, for example the suffix and τ of `self`. */
  readonly settings: Readonly<Record<string, unknown>>;
}
