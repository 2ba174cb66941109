/** How a model writes calls of functions: texts between the names and the arguments, which are JSON. */
export interface CallForm {
  /** The texts that begin the calls of an answer; the first is the usual one. */
  readonly begin: readonly string[];
  /** Whether text may come before them. If not, an answer that begins otherwise is text to its end. */
  readonly anywhere: boolean;
  /** What stands between that and the first name; the first is the usual one. */
  readonly open: readonly string[];
  /** Between a name and its arguments. */
  readonly middle: string;
  /** After the arguments. */
  readonly close: string;
  /** Between a call and the name of the next one; undefined if there is only one call in an answer. */
  readonly between: string | undefined;
  /** After the last call. */
  readonly end: string;
  /** Whether names are in quotes of JSON. */
  readonly quoted: boolean;
}

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
  readonly reasoning?: { readonly open: string; readonly close: string; readonly isOpen: boolean } | undefined;
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
