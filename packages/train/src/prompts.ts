/** A question from a prompt file: one line of JSON. */
export interface Prompt {
  /** What to ask: the text of a user's message. */
  readonly question: string;
  /** The reference answer, for checks that compare. */
  readonly answer?: string | undefined;
  /** Right and wrong answers, for labels from spans. */
  readonly right?: readonly string[] | undefined;
  readonly wrong?: readonly string[] | undefined;
  /** What it belongs to, such as a family of problems. */
  readonly group?: string | undefined;
  /** The line as it was, for checks that read other fields. */
  readonly line: Readonly<Record<string, unknown>>;
}

/** Decides whether an answer to a prompt is right. */
export type AnswerCheck = (text: string, prompt: Prompt) => boolean | Promise<boolean>;
