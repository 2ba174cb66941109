import {
  type AppendOptions,
  type DraftRequest,
  type HiddenKind,
  type LanguageModel,
  LenityError,
  type Readings,
  type Scored,
  type ScoreOptions,
  type Scores,
  type Session,
  type Token,
} from "@lenity/core";
import { blamed, commonPrefix } from "@lenity/core/internal";
import { cancellation } from "../protocol/cancellation.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { AppendReply, DraftReply, Request, ScoreReply } from "../protocol/protocol.ts";

/** A sequence that can also draft within the worker: one message per round instead of one per token. */
export interface OnnxSession extends Session {
  /**
   * Brings the cache to `context` and draws up to `limit` tokens, stopping after an EOS token. Returns the tokens and the logits
   * [tokens, vocabulary] that they were drawn from.
   */
  draft(request: DraftRequest): Promise<{ readonly tokens: readonly Token[]; readonly logits: Float32Array }>;
}

/** What a session must know of its model. */
export type Facts = Pick<LanguageModel, "name" | "source" | "contextLength" | "hidden" | "lastOnly"> & {
  /** Ids below this have an embedding. */
  readonly readable: number;
  /** Whether its worker computes numbers of drafted blocks. */
  readonly numbers: boolean;
};

/** Where a session runs, and what its cache holds from the start. */
export interface Seat {
  readonly link: WorkerLink;
  /** Its name in the worker. */
  readonly id: number;
  /** The tokens whose rows the worker has under that name. */
  readonly held: readonly Token[];
  /** Told of every answer of the worker. */
  onAnswer(): void;
  /** Told once, with the tokens that the cache holds in the end. */
  onClose(held: readonly Token[]): Promise<void>;
}

/** The main thread's end of a sequence. `held` is what the worker surely has, also after a request that failed: rewinding travels with the next one. */
export function openSession(model: Facts, { link, id: session, held: begin, onAnswer, onClose }: Seat): OnnxSession {
  let held = begin;
  let busy = false;
  let closed = false;
  const checkOpen = () => {
    // Its cache may be another session's by now.
    if (closed) throw new Error(`A session of ${model.name} was used after it was closed.`);
  };
  /** Asks for what appends these tokens; undefined for none. */
  const advance = async <Reply>(
    tokens: readonly Token[],
    { hidden, signal }: Pick<AppendOptions, "hidden" | "signal">,
    make: (from: number, cancel: ArrayBufferLike | undefined) => Request,
  ): Promise<Reply | undefined> => {
    checkOpen();
    checkTokens(tokens, model);
    checkHidden(hidden, model);
    if (held.length + tokens.length > model.contextLength) throw contextFull(model, held.length, tokens.length);
    if (tokens.length === 0) return undefined;
    if (busy) throw new Error(`A session of ${model.name} was asked to append before the last append was done.`);
    const cancel = cancellation(signal);
    const before = held;
    busy = true;
    try {
      const reply = await link.request<Reply>(make(before.length, cancel?.flag), cancel);
      held = [...before, ...tokens];
      onAnswer();
      return reply;
    } finally {
      busy = false;
    }
  };
  const score = async (tokens: readonly Token[], options: ScoreOptions): Promise<Scored> => {
    const { temperature, hidden } = options;
    // In one order: the worker has a graph for each list.
    const readings = [...options.readings].sort();
    const drafted = options.drafted as Float32Array<ArrayBuffer> | undefined;
    if (tokens.length === 0) throw new RangeError("A block of no tokens has no numbers; expected at least one.");
    checkRows(tokens.length, model);
    const reply = await advance<ScoreReply>(tokens, options, (from, cancel) => {
      return { type: "score", session, from, tokens, readings, temperature, drafted, hidden, cancel };
    }).catch((error) => {
      throw blamed(model, error);
    });
    const { numbers, ...rest } = reply as ScoreReply;
    const columns = readings.map((reading, n) => [reading, numbers.subarray(n * tokens.length, (n + 1) * tokens.length)] as const);
    return {
      readings: read(Object.fromEntries(columns)),
      ...rest,
      row: (at) => link.request<Float32Array>({ type: "row", session, at }),
    };
  };
  return {
    ...(model.numbers ? { score } : {}),
    get length() {
      return held.length;
    },
    async append(tokens: readonly Token[], options: AppendOptions = {}): Promise<Scores> {
      const rows = Math.min(options.rows ?? tokens.length, tokens.length);
      checkRows(rows, model);
      const { hidden } = options;
      const reply = await advance<AppendReply>(tokens, options, (from, cancel) => {
        return { type: "append", session, from, tokens, rows, hidden, cancel };
      });
      const nothing = new Float32Array(0);
      return reply === undefined ? { rows: 0, logits: nothing, hidden: hidden === undefined ? undefined : nothing } : { rows, ...reply };
    },
    rewind(to: number): void {
      if (!(Number.isInteger(to) && to >= 0)) throw new RangeError(`Rewinding to ${to}; expected a whole number from 0.`);
      held = held.slice(0, to);
    },
    async draft({ context, limit, sampling, uniform, signal }: DraftRequest) {
      checkOpen();
      checkTokens(context, model);
      if (context.length > model.contextLength) throw contextFull(model, 0, context.length);
      const cancel = cancellation(signal);
      const request = { type: "draft", session, context, limit, sampling, uniform, cancel: cancel?.flag } as const;
      // What a round leaves alone, and so what is left of one that fails.
      held = context.slice(0, Math.min(commonPrefix(held, context), context.length - 1));
      const reply = await link.request<DraftReply>(request, cancel).catch((error) => {
        throw blamed(model, error);
      });
      held = [...context, ...reply.tokens].slice(0, reply.length);
      onAnswer();
      return { tokens: reply.tokens, logits: reply.logits };
    },
    async close() {
      if (closed) return;
      closed = true;
      await onClose(held);
    },
  };
}

/**
 * What stands for infinity where −∞ was computed as `lowest` (softmax-nodes.ts): more than any divergence of finite logits. A mass below 1e-21 on a
 * token that the other row rules out counts as none.
 */
const infinite = 1e9;

function read(readings: Readings): Readings {
  for (const [reading, values] of Object.entries(readings)) {
    if (!/ (kl|reverse-kl)$/.test(reading)) continue;
    const numbers = values as Float32Array;
    for (let at = 0; at < numbers.length; at++) if ((numbers[at] as number) > infinite) numbers[at] = Number.POSITIVE_INFINITY;
  }
  return readings;
}

function checkTokens(tokens: readonly Token[], model: Facts): void {
  const stray = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < model.readable));
  if (stray !== undefined) throw new RangeError(`Token ${stray}; ${model.name} knows ids 0 to ${model.readable - 1}.`);
}

function checkHidden(kind: HiddenKind | undefined, model: Facts): void {
  if (kind === undefined || model.hidden[kind] !== undefined) return;
  throw new LenityError(
    "unsupported",
    `${model.name} gives no ${kind} hidden states. Export it with the output ${kind === "pre-norm" ? "hidden_states" : "last_hidden_state"}.`,
  );
}

function checkRows(rows: number, { name, lastOnly }: Facts): void {
  if (lastOnly !== true || rows <= 1) return;
  throw new LenityError("unsupported", `${name} scores only the last position of a block; ${rows} were asked for. Ask for one.`);
}

function contextFull(model: Facts, held: number, more: number): LenityError {
  return new LenityError(
    "context_full",
    `${model.name} holds ${model.contextLength} tokens: ${held} are in its cache, ${more} more do not fit. Shorten the prompt or the answer.`,
  );
}
