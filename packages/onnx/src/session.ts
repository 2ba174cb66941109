import {
  type AppendOptions,
  blamed,
  commonPrefix,
  type DraftRequest,
  type HiddenKind,
  type LanguageModel,
  LenityError,
  type Scores,
  type Session,
  type Token,
} from "@lenity/core";
import { cancellation } from "./cancellation.ts";
import type { WorkerLink } from "./link.ts";
import type { AppendReply, DraftReply } from "./protocol.ts";

/** A sequence that can also draft within the worker: one message per round instead of one per token. */
export interface OnnxSession extends Session {
  /**
   * Brings the cache to `context` and draws up to `limit` tokens, stopping after an EOS token. Returns the tokens and the logits
   * [tokens, vocabulary] that they were drawn from.
   */
  draft(request: DraftRequest): Promise<{ readonly tokens: readonly Token[]; readonly logits: Float32Array }>;
}

/** What a session must know of its model. */
export type Facts = Pick<LanguageModel, "name" | "source" | "contextLength" | "hidden"> & {
  /** Ids below this have an embedding. */
  readonly readable: number;
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
  return {
    get length() {
      return held.length;
    },
    async append(tokens: readonly Token[], options: AppendOptions = {}): Promise<Scores> {
      checkOpen();
      const rows = Math.min(options.rows ?? tokens.length, tokens.length);
      checkTokens(tokens, model);
      checkHidden(options.hidden, model);
      if (held.length + tokens.length > model.contextLength) throw contextFull(model, held.length, tokens.length);
      if (tokens.length === 0)
        return { rows: 0, logits: new Float32Array(0), hidden: options.hidden === undefined ? undefined : new Float32Array(0) };
      if (busy) throw new Error(`A session of ${model.name} was asked to append before the last append was done.`);
      const cancel = cancellation(options.signal);
      const before = held;
      const request = { type: "append", session, from: before.length, tokens, rows, hidden: options.hidden, cancel: cancel?.flag } as const;
      busy = true;
      try {
        const { logits, hidden } = await link.request<AppendReply>(request, cancel);
        held = [...before, ...tokens];
        onAnswer();
        return { rows, logits, hidden };
      } finally {
        busy = false;
      }
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

function contextFull(model: Facts, held: number, more: number): LenityError {
  return new LenityError(
    "context_full",
    `${model.name} holds ${model.contextLength} tokens: ${held} are in its cache, ${more} more do not fit. Shorten the prompt or the answer.`,
  );
}
