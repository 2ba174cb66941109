import type { Reading, Readings } from "./evidence/reading.ts";

/** The id of a token: an integer from 0 up to, not including, the vocabulary. */
export type Token = number;

/** Which hidden state: the input of the final norm (Judge Decoding) or its output (AutoJudge). */
export type HiddenKind = "pre-norm" | "post-norm";

/** What one forward pass returned for its last `rows` positions, oldest first. */
export interface Scores {
  readonly rows: number;
  /** [rows, vocabulary], row-major: row i scores the token that follows position i. */
  readonly logits: Float32Array;
  /** [rows, width], row-major; present when asked for. */
  readonly hidden?: Float32Array | undefined;
}

export interface AppendOptions {
  /**
   * How many of the appended positions, counted from the end, to score: 0 for none; of a model with `lastOnly` at most
   * one. Default: all.
   */
  readonly rows?: number | undefined;
  readonly hidden?: HiddenKind | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is asked of a drafted block in place of its rows. */
export interface ScoreOptions {
  /** Numbers to compute, for each position. */
  readonly readings: ReadonlySet<Reading>;
  /** The temperature of processed rows, above 0. Nothing else shapes them. */
  readonly temperature: number;
  /**
   * The drafter's logits [tokens − 1, vocabulary], where readings compare rows. They may move to another thread, until
   * they are given back.
   */
  readonly drafted?: Float32Array | undefined;
  readonly hidden?: HiddenKind | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The numbers of a block whose rows stayed where they are. */
export interface Scored {
  readonly readings: Readings;
  /** The drafter's logits, given back. */
  readonly drafted?: Float32Array | undefined;
  /** [tokens, width], row-major; present when asked for. */
  readonly hidden?: Float32Array | undefined;
  /** The logits of one position. To be asked for before the session is used for anything else. */
  row(at: number): Promise<Float32Array>;
}

/** One sequence and its cache. */
export interface Session {
  /** The number of tokens that the cache holds. */
  readonly length: number;
  /**
   * Runs the tokens through the model. Rejects with `context_full` when they do not fit, and leaves the cache as it
   * was.
   */
  append(tokens: readonly Token[], options?: AppendOptions): Promise<Scores>;
  /**
   * Appends a block, like `append`, and computes numbers of it where its logits lie: those of position i are of the row
   * that follows token i, and test token i + 1. Absent where logits lie in this program's memory.
   */
  score?(tokens: readonly Token[], options: ScoreOptions): Promise<Scored>;
  /** Forgets every token from `length` on: absolute and idempotent. */
  rewind(length: number): void | Promise<void>;
  /** Gives the cache back. A closed session is not used again. */
  close(): void | Promise<void>;
}

/** What one of a model's engines does. Plain data. */
export interface EngineState {
  /**
   * restarting: its thread died, and another one is being started. failed: that was in vain, and the engine takes no
   * session any more.
   */
  readonly state: "ready" | "restarting" | "failed" | "closed";
  /** Sessions open on it. */
  readonly sessions: number;
  /** How often its thread was lost and another one took over. */
  readonly restarts: number;
  /** Bytes of the caches that it keeps for prompts that begin alike. */
  readonly keptBytes: number;
}

/** What a session is opened for. */
export interface OpenOptions {
  /** What will be appended first. The session may already hold a cached beginning of it: its `length` says how much. */
  readonly prompt?: readonly Token[] | undefined;
  /**
   * Whose it is: only what sessions of the same scope left is used, since how much of a prompt is cached shows what
   * others asked.
   */
  readonly scope?: string | undefined;
}

/** A causal language model: a backend is a plugin of this contract. */
export interface LanguageModel {
  readonly name: string;
  /** Where its weights lie, such as a file: errors name it. */
  readonly source?: string | undefined;
  /**
   * The length of its rows. An output layer that is padded beyond the tokenizer's ids leaves the padding out (see
   * `alignVocabulary`).
   */
  readonly vocabulary: number;
  /** Ids below `vocabulary` that stand for no token: their logits are −∞, and no prompt may hold them. */
  readonly unused?: ReadonlySet<Token> | undefined;
  /**
   * Ids below this can be appended. Default: `vocabulary`. Differs where rows were aligned with a tokenizer, or to a
   * target.
   */
  readonly readable?: number | undefined;
  /** The most tokens a session can hold. */
  readonly contextLength: number;
  /** Tokens that end an answer. */
  readonly eos: readonly Token[];
  /**
   * Whether it scores only the last of the positions it is given, so that it decodes plainly and cannot verify a draft.
   * Default: false.
   */
  readonly lastOnly?: boolean | undefined;
  /** The width of each kind of hidden state the model can give. */
  readonly hidden: Readonly<Partial<Record<HiddenKind, number>>>;
  /** The engines that run it now, where a backend has several or restarts them. */
  readonly engines?: readonly EngineState[] | undefined;
  /** What computes it, and why that, where a backend has a choice: "cpu", "webgpu", … and sentences. */
  readonly device?: { readonly name: string; readonly why: string } | undefined;
  /** A new sequence. */
  open(options?: OpenOptions): Promise<Session>;
  close(): Promise<void>;
}
