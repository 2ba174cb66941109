/** How a model writes calls of functions: texts around the names and the arguments, which are JSON. */
export interface CallForm {
  /** The texts that begin the calls of an answer; the first is the usual one. */
  readonly begin: readonly string[];
  /** Whether text may come before them. If not, an answer that begins otherwise is text to its end. */
  readonly anywhere: boolean;
  /** What stands between that and the first name; the first is the usual one. They differ only in white space. */
  readonly open: readonly string[];
  /** Between a name and its arguments. */
  readonly middle: string;
  /** After the arguments. */
  readonly close: string;
  /** Between a call and the name of the next one; undefined if there is only one call in an answer. */
  readonly between: string | undefined;
  /** After the last call. */
  readonly end: string;
  /** Whether names stand in a string of JSON. */
  readonly quoted: boolean;
}

/** The marks around a model's reasoning, such as `<think>` and `</think>`. */
export interface ReasoningForm {
  readonly open: string;
  readonly close: string;
}

/** The reasoning of one answer. */
export interface Reasoning extends ReasoningForm {
  /** Whether the prompt has opened it. If not, the answer may begin with it. */
  readonly isOpen: boolean;
}
