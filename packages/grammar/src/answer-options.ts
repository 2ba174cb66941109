import type { CallForm, Reasoning } from "@lenity/core";

/** A function that may be called. */
export interface CallableFunction {
  readonly name: string;
  /** The JSON Schema of its arguments, which are an object. Undefined: any object. */
  readonly parameters?: unknown;
  /** Where the schema stands, for errors. */
  readonly path: string;
}

/** What an answer may be. */
export interface AnswerOptions {
  /** Reasoning comes first: up to `close` if it is open, else between `open` and `close` if the answer begins so. */
  readonly reasoning?: Reasoning | undefined;
  /** The JSON Schema of the text. Undefined: any text. */
  readonly schema?: unknown;
  readonly calls?: Calls | undefined;
  /** Texts that have a token of their own, such as `<tool_call>`, if the tokenizer has one. At most seven. */
  readonly marks?: readonly string[] | undefined;
}

export interface Calls {
  readonly form: CallForm;
  /** At least one, with different names. */
  readonly functions: readonly CallableFunction[];
  /** Whether the answer must consist of calls. If not, it is text, with calls at its end or without. */
  readonly needed: boolean;
  /** Whether there may be more than one. */
  readonly several: boolean;
}
