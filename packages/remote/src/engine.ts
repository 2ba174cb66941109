import type { Sample, Token } from "@lenity/core";

/** A token and the natural logarithm of its probability at temperature 1. */
export interface Listed {
  readonly token: Token;
  readonly logprob: number;
}

/** What an engine says of the row that predicts one token. */
export interface Position {
  /** The most probable tokens, best first; of equals, the lowest id first. */
  readonly top: readonly Listed[];
  /** The log probability of the token that follows in the sequence. Absent behind its end. */
  readonly own?: number | undefined;
}

/** What to score. */
export interface ScoreCall {
  /** The whole sequence. */
  readonly tokens: readonly Token[];
  /** The index of the first token whose probability is wanted. */
  readonly from: number;
  /** How many of the most probable tokens to list at each position. */
  readonly top: number;
  /** To seed the draw, from 0 to 2³¹ − 1, for engines that take a seed. */
  readonly seed: number;
  /** Whether the engine must compute everything again, using nothing that it has cached. */
  readonly fresh: boolean;
  /** Whether to return hidden states, from the token at `from` on. */
  readonly hidden?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer of an engine. */
export interface ScoreReply {
  /**
   * One for each token from index `from` on, and one for what comes after all of them. Undefined for the very first
   * token of a sequence, which nothing comes before.
   */
  readonly positions: readonly (Position | undefined)[];
  /** A token drawn at temperature 1 behind the whole sequence, if the engine draws one with every call. */
  readonly sample?: Sample | undefined;
  /** [tokens from index `from` on, width], row-major. Present if requested. */
  readonly hidden?: Float32Array | undefined;
}

/** What to draw: `count` tokens that may follow these, independently and at temperature 1. */
export interface DrawCall extends Pick<ScoreCall, "tokens" | "seed" | "signal"> {
  readonly count: number;
}

/** What an engine is, as found at connection. */
export interface EngineFacts {
  /** The name of its model. */
  readonly name: string;
  /** The most tokens of a sequence, if it says so. */
  readonly contextLength?: number | undefined;
  /** The length of its rows, if it says so. */
  readonly vocabulary?: number | undefined;
}

/** An engine that returns numbers: log probabilities of given tokens and of the most probable ones. */
export interface NumbersEngine extends EngineFacts {
  readonly kind: "numbers";
  /** How many of the most probable tokens it lists. */
  readonly top: number;
  /** The width of its hidden states after the final norm, if it returns them. */
  readonly hidden?: number | undefined;
  score(call: ScoreCall): Promise<ScoreReply>;
  draw(call: DrawCall): Promise<readonly Sample[]>;
  /**
   * The whole row behind a sequence as log probabilities, for engines that can list all tokens; undefined if it
   * refuses.
   */
  readonly row?:
    | ((call: Pick<ScoreCall, "tokens" | "signal">, vocabulary: number) => Promise<Float32Array | undefined>)
    | undefined;
}

/** An engine that returns whole rows of logits. */
export interface RowsEngine extends EngineFacts {
  readonly kind: "rows";
  readonly vocabulary: number;
  /** [rows, vocabulary], row-major: the rows after each of the last `rows` tokens. */
  rows(tokens: readonly Token[], rows: number, signal?: AbortSignal): Promise<Float32Array>;
}

export type Engine = NumbersEngine | RowsEngine;
