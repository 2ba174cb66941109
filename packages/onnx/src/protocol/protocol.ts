/** The messages between the main thread and the worker. Plain data only, since they are cloned. */

import type {
  ByHiddenKind,
  DecidedRound,
  ErrorCode,
  ErrorFacts,
  HiddenKind,
  Reading,
  RoundSettings,
  Sampling,
  Token,
} from "@lenity/core";
import type { CacheFamily, CacheShape } from "../graph/cache-shape.ts";
import type { Port } from "../graph/port.ts";
import type { SizeHints } from "../graph/size-hints.ts";
import type { WeightFormat } from "../onnx-file/weight-formats.ts";
import type { DeviceOption, DeviceReport } from "./devices.ts";
import type { GpuLock } from "./gpu-lock.ts";
import type { ModelFacts } from "./model-facts.ts";

/** Opens the file; the first request to a model. */
export interface LoadRequest {
  readonly type: "load";
  readonly name: string;
  /** Path of the .onnx file. */
  readonly file: string;
  /** Path of the drafter file that goes with it. */
  readonly drafter?: string | undefined;
  readonly threads: number;
  /** Microseconds, or Infinity to leave it to the runtime. */
  readonly spin: number;
  /** Default: cpu. */
  readonly device?: DeviceOption | undefined;
  /** For devices that only one thread may use at a time. */
  readonly gpuLock?: GpuLock | undefined;
  /**
   * Whether readings of drafted blocks are computed next to their logits. Default: true when the logits stay on a
   * device.
   */
  readonly computesReadings?: boolean | undefined;
  /** Hidden states to add to those on both sides of the final norm. */
  readonly hidden?: readonly HiddenKind[] | undefined;
  /** How many engines run the model, this one included. Default: 1. */
  readonly engines?: number | undefined;
  /** The logits per row of the graph. */
  readonly width: number;
  /** The logits per returned row, and the ids whose logits are −∞. */
  readonly vocabulary: number;
  readonly unused: ReadonlySet<Token>;
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** Likely cache sizes from the folder, for files that do not declare them. */
  readonly sizes?: SizeHints | undefined;
  /** The most bytes of weights that are held once more so that requests share runs. Default: 0. */
  readonly batchBytes?: number | undefined;
  /** Whether the worker measures where the time of its requests goes. */
  readonly timed?: boolean | undefined;
}

/** What a file contains, and what was added to it at loading. */
export interface FileFacts {
  /** Outputs missing from the file that were added in memory. */
  readonly added: readonly string[];
  /** Inputs missing from the file that were added in memory. */
  readonly addedInputs: readonly string[];
  /** Outputs missing from the file that could not be added, and why: one sentence each. */
  readonly missing: readonly string[];
  /** The layers, counted from 1, whose hidden states were found in the graph, so that they are added when asked for. */
  readonly hiddenLayers: readonly number[];
  /** How the weights are stored, largest part first. */
  readonly weights: readonly WeightFormat[];
  /** Paths of the weight files beside the .onnx file. */
  readonly weightFiles: readonly string[];
  /** Execution providers that this build of ONNX Runtime can load; those not bundled need additional libraries. */
  readonly providers: readonly { readonly name: string; readonly bundled: boolean }[];
}

/** The properties of a loaded file. */
export interface LoadReply extends CacheShape, FileFacts {
  readonly file: string;
  /** The device it runs on. */
  readonly device: DeviceReport;
  /** The drafter file found beside it, if it gives the same drafts. */
  readonly drafter?: string | undefined;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly family: CacheFamily;
  /** Whether the graph can return only the block's own cache rows (present_rows). */
  readonly newRows: boolean;
  /** Whether it scores only the last position of a block. */
  readonly lastOnly: boolean;
  readonly hidden: ByHiddenKind<number>;
  /** Whether readings of drafted blocks are computed next to their logits. */
  readonly computesReadings: boolean;
  /** How many sequences may share a run; undefined when runs are for one. */
  readonly slots?: number | undefined;
  /** The most tokens of a prompt that it can run at once. */
  readonly longestRun: number;
}

/** Rewinds a session to `from` tokens and appends; answered by `AppendReply`. */
export interface AppendRequest {
  readonly type: "append";
  readonly session: number;
  /** How many tokens of the cache are still valid: rewinding is sent with the next append. */
  readonly from: number;
  readonly tokens: readonly Token[];
  readonly rows: number;
  readonly hidden?: HiddenKind | undefined;
  /** Whether a single token may run alone, as in `AppendSettings`. */
  readonly alone?: boolean | undefined;
  readonly cancel?: ArrayBufferLike | undefined;
}

/** [rows, vocabulary] and, if requested, [rows, width]. */
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
  readonly alone?: boolean | undefined;
  readonly cancel?: ArrayBufferLike | undefined;
}

/** The readings of a block. */
export interface ScoreReply {
  /** [readings, tokens]. */
  readonly values: Float32Array<ArrayBuffer>;
  /** The request's array, returned. */
  readonly drafterLogits?: Float32Array<ArrayBuffer> | undefined;
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
}

/** Asks for the logits of one position of the session's last scored block; answered by a Float32Array. */
export interface LogitsRequest {
  readonly type: "logits-at";
  readonly session: number;
  readonly at: number;
}

/** Rewinds a session to `from` tokens, appends, and draws what follows; answered by `DrawReply`. */
export interface DrawMessage {
  readonly type: "draw";
  readonly session: number;
  readonly from: number;
  readonly tokens: readonly Token[];
  /** The most tokens to draw. */
  readonly limit: number;
  readonly sampling: Sampling;
  /** `limit` coins. */
  readonly uniform: readonly number[];
  readonly noise?: number | undefined;
  readonly alone: boolean;
  readonly cancel?: ArrayBufferLike | undefined;
}

/** The tokens that were drawn, at least one. All but the last are in the cache. */
export interface DrawReply {
  readonly tokens: readonly Token[];
}

/** Another model's run of a block that ends with the draft, to be done as soon as the draft is there. */
export interface BlockOrder {
  /** The number of that model in the worker. */
  readonly model: number;
  /** `tokens` is what comes before the draft; the draft's tokens, rows for all and the draft's logits are added. */
  readonly request: AppendRequest | ScoreRequest;
  /** Whether a score compares the draft's logits. */
  readonly compares: boolean;
}

/** Rewinds a session to `from` tokens, appends, and drafts; answered by `DraftReply`. */
export interface DraftMessage {
  readonly type: "draft";
  readonly session: number;
  readonly from: number;
  /** The rest of the context, at least one token. */
  readonly tokens: readonly Token[];
  readonly limit: number;
  readonly sampling: Sampling;
  readonly uniform: readonly number[];
  readonly noise?: number | undefined;
  readonly hidden?: HiddenKind | undefined;
  readonly block?: BlockOrder | undefined;
  readonly cancel?: ArrayBufferLike | undefined;
}

/** What a round drafted. */
export interface DraftedRound {
  readonly tokens: readonly Token[];
  /** [tokens.length, vocabulary]: the rows that the tokens were drawn from. */
  readonly logits: Float32Array<ArrayBuffer>;
  /** [tokens.length, width]: the hidden state at each token, if requested. */
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
  /** The number of tokens now in the cache: a prefix of context plus `tokens`. */
  readonly length: number;
}

/** What a round drafted, and what else was done in its turn. */
export interface DraftReply extends DraftedRound {
  /**
   * The other model's reply, if it was asked for. Absent if nothing was drafted or the run failed: whoever asks again
   * gets the error from its own request.
   */
  readonly block?: AppendReply | ScoreReply | undefined;
}

/** A session, and how many tokens of the text it holds. */
export interface HeldSession {
  /** Its model's number in the worker. */
  readonly place: number;
  readonly id: number;
  readonly held: number;
}

/** An answer whose rounds the worker makes. */
export interface RoundsBeginning {
  readonly prompt: readonly Token[];
  readonly settings: RoundSettings;
  /** The session that the message is for. */
  readonly target: HeldSession & { readonly model: ModelFacts };
  readonly draft: ModelFacts;
}

/** Asks for the next rounds of the answer of a target's session; answered by `RoundsReply`. */
export interface RoundsMessage {
  readonly type: "rounds";
  readonly session: number;
  /** With the first message of an answer. */
  readonly begin?: RoundsBeginning | undefined;
  /** With the first message after that: the draft model's session. The round before it has no draft. */
  readonly draft?: HeldSession | undefined;
  /** The draft model's session, once it is open: its other requests wait for these rounds. */
  readonly uses?: Pick<HeldSession, "place" | "id"> | undefined;
  /** The most rounds. */
  readonly rounds: number;
  readonly cancel?: ArrayBufferLike | undefined;
}

/** Rounds, at least one, and how many tokens of the text the two sessions then hold. */
export interface RoundsReply {
  readonly rounds: readonly DecidedRound[];
  readonly target: number;
  readonly draft: number;
}

/** Begins a session with a copy of the first `length` rows of another session's cache. */
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

/** Drops a session and its cache. */
export interface CloseRequest {
  readonly type: "close";
  readonly session: number;
}

/** All requests to a model of a worker. A session begins with the first request that names it. */
export type Request =
  | LoadRequest
  | AppendRequest
  | ScoreRequest
  | LogitsRequest
  | DrawMessage
  | DraftMessage
  | RoundsMessage
  | CopyRequest
  | MeasureRequest
  | CloseRequest;

/** A request to one of the thread's models, by its number. */
export interface RequestMessage {
  readonly id: number;
  readonly model: number;
  readonly request: Request;
}

/** Ends the thread, ahead of any waiting requests. */
export interface EndMessage {
  readonly end: true;
}

/** An error in the form that is sent between threads. */
export interface ErrorMessage {
  /** Undefined if it is not a LenityError. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly facts?: ErrorFacts | undefined;
  readonly cause?: string | undefined;
}

/** One run of ONNX Runtime. */
export interface RunTime {
  /** The name of the model whose graph, or drafter file, ran. */
  readonly model: string;
  readonly milliseconds: number;
}

/** Where a worker's time went while it handled one request. Milliseconds. */
export interface RequestTimes {
  /** From the beginning of its work on the request to the reply. */
  readonly handled: number;
  readonly runs: readonly RunTime[];
}

/** The reply to the request with that id: a value or an error. */
export interface ReplyMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ErrorMessage | undefined;
  /** Of a model that was loaded `timed`. */
  readonly times?: RequestTimes | undefined;
}
