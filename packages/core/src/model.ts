import type { Reading, Readings } from "./evidence/reading.ts";
import type { Sampling } from "./sampling-settings.ts";

/** The id of a token: an integer from 0 to `vocabulary` − 1. */
export type Token = number;

/**
 * Which hidden state. pre-norm: the input of the final norm (Judge Decoding); post-norm: its output (AutoJudge).
 * layer-N: the residual stream after N layers, counted from 1, so that the last layer's is pre-norm. layer-N-norm: that
 * stream after the norm that reads it first: the next layer's input norm, or the final norm.
 */
export type HiddenKind = "pre-norm" | "post-norm" | LayerKind;

type LayerKind = `layer-${number}` | `layer-${number}-norm`;

/** Something for each of some kinds of hidden state. */
export type ByHiddenKind<T> = Readonly<Partial<Record<"pre-norm" | "post-norm", T>> & Record<LayerKind, T>>;

/** What one forward pass returned for its last `rows` positions, oldest first. */
export interface Scores {
  readonly rows: number;
  /** [rows, vocabulary], row-major: row i scores the token that follows position i. */
  readonly logits: Float32Array;
  /** [rows, width], row-major; present if requested. */
  readonly hidden?: Float32Array | undefined;
}

export interface AppendOptions {
  /**
   * How many of the appended positions to score, counted from the end; 0 for none, at most 1 for a model with
   * `lastOnly`. Default: all.
   */
  readonly rows?: number | undefined;
  readonly hidden?: HiddenKind | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What to compute for a drafted block instead of returning its rows. */
export interface ScoreOptions {
  /** Numbers to compute for each position. */
  readonly readings: ReadonlySet<Reading>;
  /** The temperature of processed rows, above 0. No top-k, top-p or min-p applies. */
  readonly temperature: number;
  /**
   * The drafter's logits [tokens − 1, vocabulary], for readings that compare rows. They may be transferred to another
   * thread until they are returned.
   */
  readonly drafterLogits?: Float32Array | undefined;
  readonly hidden?: HiddenKind | undefined;
  /** A coin in [0, 1) to seed a draw with, for backends that draw a token with every block. */
  readonly uniform?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A token that was drawn from a row, and its probability there. */
export interface Sample {
  readonly token: Token;
  readonly probability: number;
}

/** The numbers of a block whose rows stayed on the device, or in another process. */
export interface Scored {
  readonly readings: Readings;
  /**
   * The lower ends of divergences that are known only between bounds; `readings` then has the upper ends, so that no
   * gate opens too far.
   */
  readonly least?: Readings | undefined;
  /** The drafter's logits, returned. */
  readonly drafterLogits?: Float32Array | undefined;
  /** [tokens, width], row-major; present if requested. */
  readonly hidden?: Float32Array | undefined;
  /**
   * The logits of one position; undefined if the backend refuses to send them, which only one with `sample` may. Call
   * it before using the session for anything else. Absent if no row can be had.
   */
  row?(at: number): Promise<Float32Array | undefined>;
  /**
   * Draws `count` tokens from the raw row of one position, and returns at least one. `uniform`, in [0, 1), is a coin to
   * seed the draws with, if the backend can. Present if the model's `reach` says `draws`.
   */
  sample?(at: number, count: number, uniform: number): Promise<readonly Sample[]>;
}

/** How tokens are drawn by the session itself. */
export interface DrawOptions {
  /** The most tokens to draw, 1 or more. */
  readonly limit: number;
  readonly sampling: Sampling;
  /** `limit` coins, one for each token. */
  readonly uniform: readonly number[];
  /** The seed of the noise to draw with instead of the coins, by the position in the text (`drawByNoise`). */
  readonly noise?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One sequence and its cache. */
export interface Session {
  /** The number of tokens in the cache. */
  readonly length: number;
  /** Runs the tokens through the model. Rejects with `context_full` if they do not fit, leaving the cache unchanged. */
  append(tokens: readonly Token[], options?: AppendOptions): Promise<Scores>;
  /**
   * Appends a block like `append`, and computes numbers on the device that has its logits. Position i describes the row
   * after token i, and so tests token i + 1. Absent if logits are in this program's memory. The model's `reach` says
   * what it can compute.
   */
  score?(tokens: readonly Token[], options: ScoreOptions): Promise<Scored>;
  /**
   * Appends the tokens, at least one, and draws those that follow: at least one, at most `limit`, none after one that
   * ends the answer. All but the last one drawn are appended as well. How many it draws may depend on time, but not
   * which. For backends that so save the way between the rows and this program.
   */
  draw?(tokens: readonly Token[], options: DrawOptions): Promise<readonly Token[]>;
  /** Removes every token from index `length` on. Idempotent. */
  rewind(length: number): void | Promise<void>;
  /** Releases the cache. A closed session must not be used again. */
  close(): void | Promise<void>;
}

/** The state of one of a model's engines. Plain data. */
export interface EngineState {
  /**
   * restarting: its thread died and a new one is starting. failed: the restart failed, and the engine accepts no more
   * sessions.
   */
  readonly state: "ready" | "restarting" | "failed" | "closed";
  /** Open sessions. */
  readonly sessions: number;
  /** How often its thread died and was replaced. */
  readonly restarts: number;
  /** Bytes of caches kept for prompts with the same beginning. */
  readonly keptBytes: number;
}

/** Options for opening a session. */
export interface OpenOptions {
  /**
   * The tokens that will be appended first. The session may start with a cached beginning of them; its `length` is how
   * many.
   */
  readonly prompt?: readonly Token[] | undefined;
  /**
   * Who the session is for. Only caches of the same scope are reused, because how much of a prompt is cached reveals
   * what others asked.
   */
  readonly scope?: string | undefined;
  /**
   * Whether every token must get the bits that it gets in a block of several, even where one token runs alone, as
   * verification needs it. Default: true. A backend whose single tokens are faster may run them alone if it is false,
   * but none up to the first row of the session, nor what later sessions take over. Others need not read it.
   */
  readonly blockExact?: boolean | undefined;
}

/** What a model can tell of rows that it keeps, on a device or in another process. */
export interface Reach {
  /** Whether `Session.score` can give this number. */
  gives(reading: Reading): boolean;
  /** Whether `Session.append` returns rows. Without them, whatever needs a row is refused before the first token. */
  readonly rows: boolean;
  /** Whether tokens can be drawn where the rows are (`Scored.sample`), at temperature 1. */
  readonly draws: boolean;
}

/** A causal language model: the contract that backends implement. */
export interface LanguageModel {
  readonly name: string;
  /** Where its weights come from, such as a file. Used in error messages. */
  readonly source?: string | undefined;
  /** The length of its rows, without an output layer's padding beyond the tokenizer's ids (see `alignVocabulary`). */
  readonly vocabulary: number;
  /** Ids below `vocabulary` without a token: their logits are −∞, and prompts must not contain them. */
  readonly unused?: ReadonlySet<Token> | undefined;
  /**
   * Ids below this can be appended. Default: `vocabulary`. Differs if rows were aligned with a tokenizer or a target.
   */
  readonly readable?: number | undefined;
  /** The most tokens in a session. */
  readonly contextLength: number;
  /** Tokens that end an answer. */
  readonly eos: readonly Token[];
  /**
   * Whether it scores only the last of the given positions. Such a model can decode plainly but cannot verify a draft.
   * Default: false.
   */
  readonly lastOnly?: boolean | undefined;
  /** The width of each kind of hidden state that the model can return. */
  readonly hidden: ByHiddenKind<number>;
  /** Present if its sessions have `score`. */
  readonly reach?: Reach | undefined;
  /** The engines that run it, for backends that have several or restart them. */
  readonly engines?: readonly EngineState[] | undefined;
  /**
   * How many sessions may be open at a time, for backends that let sessions share an engine. Default: one per engine.
   */
  readonly places?: number | undefined;
  /** The device it runs on ("cpu", "webgpu", …) and the reason in sentences, for backends that have a choice. */
  readonly device?: { readonly name: string; readonly why: string } | undefined;
  /** Starts a new sequence. */
  open(options?: OpenOptions): Promise<Session>;
  close(): Promise<void>;
}
