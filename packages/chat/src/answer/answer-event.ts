import type { CallForm, Reasoning } from "@lenity/core";

/** A part of an answer, as it arrives. Parts of the same kind in a row belong together. */
export type AnswerEvent =
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "content"; readonly text: string }
  /** A call begins. Calls are numbered from 0. */
  | { readonly type: "call"; readonly index: number; readonly name: string }
  /** A piece of the arguments' JSON. */
  | { readonly type: "arguments"; readonly index: number; readonly text: string };

/** A whole answer. */
export interface AnswerMessage {
  /** The text outside of reasoning and calls. */
  readonly content: string;
  /** Undefined if the model did not reason. */
  readonly reasoning: string | undefined;
  readonly calls: readonly {
    readonly name: string;
    /** JSON, unless the answer was cut. */
    readonly arguments: string;
  }[];
}

/** How an answer is read. */
export interface ReadOptions {
  /** Undefined: calls stay in the content. */
  readonly calls?: CallForm | undefined;
  /** Undefined: reasoning stays in the content. */
  readonly reasoning?: Reasoning | undefined;
}

/** Reads an answer piece by piece. However its text is cut, the events say the same. */
export interface AnswerReader {
  push(text: string): AnswerEvent[];
  /** What has been held back because more could have followed. Call it once. */
  end(): AnswerEvent[];
  /** What the text read so far ends in. A call is over when its last character has been read. */
  readonly section: "reasoning" | "content" | "call";
}
