/** The messages between the main thread and the worker. Plain data only: it is cloned. */

import type { ErrorCode, ErrorFacts, HiddenKind, Reading, Sampling, Token } from "@lenity/core";
import type { CacheFamily, CacheShape } from "../graph/cache-shape.ts";
import type { Port } from "../graph/port.ts";
import type { SizeHints } from "../graph/size-hints.ts";
import type { WeightFormat } from "../onnx-file/weight-formats.ts";
import type { DeviceOption, DeviceReport } from "./devices.ts";
import type { GpuLock } from "./gpu-lock.ts";

/** Opens the file; the first request of a worker. */
export interface LoadRequest {
  readonly type: "load";
  readonly name: string;
  /** Path of the .onnx file. */
  readonly file: string;
  /** Path of the drafter file that goes with it. */
  readonly drafter?: string | undefined;
  readonly threads: number;
  /** Microseconds, or Infinity for the runtime's own way. */
  readonly spin: number;
  /** Default: cpu. */
  readonly device?: DeviceOption | undefined;
  /** For devices that one thread at a time may use. */
  readonly gpuLock?: GpuLock | undefined;
  /** Whether readings of drafted blocks are computed beside their logits. Default: where those stay on a device. */
  readonly computesReadings?: boolean | undefined;
  /** How many engines run the model, this one included. Default: 1. */
  readonly engines?: number | undefined;
  /** The logits that the graph gives per row. */
  readonly width: number;
  /** The logits of each row that is returned, and those of them that are −∞. */
  readonly vocabulary: number;
  readonly unused: ReadonlySet<Token>;
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** What the folder lets expect of the cache's sizes, for files that leave them open. */
  readonly sizes?: SizeHints | undefined;
}

/** What a file holds, and what it was given when it was loaded. */
export interface FileFacts {
  /** Outputs that the file lacks and that were added in memory. */
  readonly added: readonly string[];
  /** What it lacks and did not get, and why: one sentence each. */
  readonly missing: readonly string[];
  /** How the weights are stored, the largest part first. */
  readonly weights: readonly WeightFormat[];
  /** Paths of the files beside the .onnx file that hold weights. */
  readonly weightFiles: readonly string[];
  /** Execution providers that this build of ONNX Runtime can load; those not bundled need libraries of their own. */
  readonly providers: readonly { readonly name: string; readonly bundled: boolean }[];
}

/** What a loaded file turned out to be. */
export interface LoadReply extends CacheShape, FileFacts {
  readonly file: string;
  /** Where it runs. */
  readonly device: DeviceReport;
  /** The drafter file that was found with it, and drafts alike. */
  readonly drafter?: string | undefined;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly family: CacheFamily;
  /** Whether a block's own cache rows leave the graph alone (present_rows). */
  readonly newRows: boolean;
  /** Whether it scores only the last position of a block. */
  readonly lastOnly: boolean;
  readonly hidden: Readonly<Partial<Record<HiddenKind, number>>>;
  /** Whether readings of drafted blocks are computed beside their logits. */
  readonly computesReadings: boolean;
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
  readonly cancel?: ArrayBufferLike | undefined;
}

/** [rows, vocabulary] and, when asked for, [rows, width]. */
export interface AppendReply {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
}

/** Rewinds a session to `from` tokens, appends a block and asks for readings of it; answered by `ScoreReply`. */
export interface ScoreRequest {
  readonly type: "score";
  readonly session: number;
  readonly from: number;
  readonly tokens: readonly Token[];
  readonly readings: readonly Reading[];
  /** Above 0. */
  readonly temperature: number;
  /** The drafter's logits [tokens − 1, vocabulary]. */
  readonly drafterLogits?: Float32Array<ArrayBuffer> | undefined;
  readonly hidden?: HiddenKind | undefined;
  readonly cancel?: ArrayBufferLike | undefined;
}

/** The readings of a block. */
export interface ScoreReply {
  /** [readings, tokens]. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Those of the request, given back. */
  readonly drafterLogits?: Float32Array<ArrayBuffer> | undefined;
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
}

/**
 * Asks for the logits of one position of the block that the session was last asked to score; answered by a
 * Float32Array.
 */
export interface LogitsRequest {
  readonly type: "logits-at";
  readonly session: number;
  readonly at: number;
}

/** A whole round of drafting; answered by `DraftReply`. */
export interface DraftMessage {
  readonly type: "draft";
  readonly session: number;
  readonly context: readonly Token[];
  readonly limit: number;
  readonly sampling: Sampling;
  readonly uniform: readonly number[];
  readonly cancel?: ArrayBufferLike | undefined;
}

/** What a round drafted. */
export interface DraftReply {
  readonly tokens: readonly Token[];
  /** [tokens.length, vocabulary]: the row that each token was drawn from. */
  readonly logits: Float32Array<ArrayBuffer>;
  /** The tokens that the cache now holds: the first so many of context and `tokens`. */
  readonly length: number;
}

/** Begins a session with a copy of the first `length` rows of another's cache. */
export interface CopyRequest {
  readonly type: "copy";
  readonly session: number;
  readonly source: number;
  readonly length: number;
}

/** Asks for the bytes of a session's cache; answered by a number. */
export interface MeasureRequest {
  readonly type: "measure";
  readonly session: number;
}

/** Forgets a session and its cache. */
export interface CloseRequest {
  readonly type: "close";
  readonly session: number;
}

/** Everything that a worker is asked for. A session begins with the first request that names it. */
export type Request =
  | LoadRequest
  | AppendRequest
  | ScoreRequest
  | LogitsRequest
  | DraftMessage
  | CopyRequest
  | MeasureRequest
  | CloseRequest;

/** Ends the thread, ahead of the requests that wait. */
export interface EndMessage {
  readonly end: true;
}

/** An error as it travels between threads. */
export interface ErrorMessage {
  /** Absent where it is no LenityError. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly facts?: ErrorFacts | undefined;
  readonly cause?: string | undefined;
}

/** The answer to the request with that id: a value or an error. */
export interface ReplyMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ErrorMessage | undefined;
}
