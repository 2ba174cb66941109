/** What the main thread and the worker say to each other. Plain data only: it is cloned. */
import type { ErrorCode, HiddenKind, Sampling, Token } from "@lenity/core";
import type { CacheFamily, CacheShape } from "./cache.ts";

/** Opens the file; the first request of a worker. */
export interface LoadRequest {
  readonly type: "load";
  readonly name: string;
  /** Path of the .onnx file. */
  readonly file: string;
  readonly threads: number;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly eos: readonly Token[];
}

/** One input or output of a graph. A size is a number, or a name when it varies. */
export interface Port {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** What a loaded file turned out to be. */
export interface LoadReply extends CacheShape {
  readonly file: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly family: CacheFamily;
  readonly hidden: Readonly<Partial<Record<HiddenKind, number>>>;
  /** Execution providers that this build of ONNX Runtime can load; those not bundled need libraries of their own. */
  readonly providers: readonly { readonly name: string; readonly bundled: boolean }[];
}

/** Rewinds a session to `from` tokens and appends; answered by `AppendReply`. */
export interface AppendRequest {
  readonly type: "append";
  readonly session: number;
  /** How many tokens of the cache are still valid: rewinding travels with the next append. */
  readonly from: number;
  readonly tokens: readonly Token[];
  readonly rows: number;
  readonly hidden?: HiddenKind | undefined;
  readonly cancel?: SharedArrayBuffer | undefined;
}

/** [rows, vocabulary] and, when asked for, [rows, width]. */
export interface AppendReply {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
}

/** A whole round of drafting; answered by `DraftReply`. */
export interface DraftMessage {
  readonly type: "draft";
  readonly session: number;
  readonly context: readonly Token[];
  readonly limit: number;
  readonly sampling: Sampling;
  readonly uniform: readonly number[];
  readonly cancel?: SharedArrayBuffer | undefined;
}

/** What a round drafted. */
export interface DraftReply {
  readonly tokens: readonly Token[];
  /** [tokens.length, vocabulary]: the row that each token was drawn from. */
  readonly logits: Float32Array<ArrayBuffer>;
  /** The tokens that the cache now holds. */
  readonly length: number;
}

/** Forgets a session and its cache. */
export interface CloseRequest {
  readonly type: "close";
  readonly session: number;
}

/** Everything that a worker is asked for. A session begins with the first request that names it. */
export type Request = LoadRequest | AppendRequest | DraftMessage | CloseRequest;

/** The answer to the request with that id: a value or an error. */
export interface ReplyMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code: ErrorCode | undefined; readonly message: string; readonly cause?: string | undefined } | undefined;
}
