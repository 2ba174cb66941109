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
import { blamed, commonPrefix, layerOf } from "@lenity/core/internal";
import { type Cancellation, cancellation } from "../protocol/cancellation.ts";
import { chunk } from "../protocol/chunk.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { AppendReply, DraftReply, Request, ScoreReply } from "../protocol/protocol.ts";
import type { TakeTurn } from "./turns.ts";

/** A sequence that can also draft within the worker: one message per round instead of one per token. */
export interface OnnxSession extends Session {
  /**
   * Updates the cache to `context` and draws up to `limit` tokens, stopping after an EOS token. Returns the tokens, the
   * logits [tokens, vocabulary] they were drawn from and, if requested, the hidden states [tokens, width] at them.
   */
  draft(request: DraftRequest): Promise<Omit<DraftReply, "length">>;
}

/** What a session needs to know about its model. */
export type ModelFacts = Pick<LanguageModel, "name" | "source" | "contextLength" | "hidden" | "lastOnly"> & {
  /** Ids below this number have an embedding. */
  readonly readable: number;
  /** Whether its worker computes the values that verification needs from drafted blocks. */
  readonly computesReadings: boolean;
};

/** Where a session runs, and what its cache contains at the start. */
export interface SessionOptions {
  readonly link: WorkerLink;
  /** Its number in the worker. */
  readonly id: number;
  /** The tokens whose rows the worker already has under that number. */
  readonly held: readonly Token[];
  /** Its turns on the worker, which other sessions use too. */
  readonly turn: TakeTurn;
  /** Called for every reply from the worker. */
  onReply(): void;
  /** Called once, with the tokens that are in the cache at the end. */
  onClose(held: readonly Token[]): Promise<void>;
}

/** What a session knows about its sequence in the worker. */
interface SessionState {
  /**
   * Tokens that the worker is certain to have, even after a failed request. Rewinding is sent with the next request.
   */
  held: readonly Token[];
  busy: boolean;
  closed: boolean;
}

/** The main thread's end of a sequence. */
export function openSession(model: ModelFacts, options: SessionOptions): OnnxSession {
  const state: SessionState = { held: options.held, busy: false, closed: false };
  const { id: session } = options;
  return {
    ...(model.computesReadings ? { score: (tokens, settings) => score(model, options, state, tokens, settings) } : {}),
    get length() {
      return state.held.length;
    },
    async append(
      tokens: readonly Token[],
      { hidden, signal, rows: last = tokens.length }: AppendOptions = {},
    ): Promise<Scores> {
      const rows = Math.min(last, tokens.length);
      checkRows(rows, model);
      const reply = await extend<AppendReply>(model, options, state, tokens, { rows, hidden, signal }, (part) => {
        return { type: "append", session, ...part, hidden };
      });
      const nothing = new Float32Array(0);
      return reply === undefined
        ? { rows: 0, logits: nothing, hidden: hidden === undefined ? undefined : nothing }
        : { rows, ...reply };
    },
    rewind(to: number): void {
      if (!(Number.isInteger(to) && to >= 0))
        throw new RangeError(`Rewinding to ${to}; expected a whole number, 0 or more.`);
      state.held = state.held.slice(0, to);
    },
    async draft({ context, limit, sampling, uniform, hidden, signal }: DraftRequest) {
      checkOpen(model, state);
      checkTokens(context, model);
      checkHidden(hidden, model);
      if (context.length > model.contextLength) throw contextFull(model, 0, context.length);
      // The rows that a round keeps, which also remain if it fails.
      state.held = context.slice(0, Math.min(commonPrefix(state.held, context), context.length - 1));
      const cancel = cancellation(signal);
      const settings = { limit, sampling, uniform, hidden, cancel: cancel?.flag };
      const drafting = async () => {
        await catchUp(model, options, state, context, cancel);
        const pending = context.length - state.held.length;
        return send<DraftReply>(model, options, state, pending + limit, cancel, () => {
          return { type: "draft", session, context, ...settings };
        });
      };
      const reply = await drafting().catch((error) => {
        throw blamed(model, error);
      });
      const { length, ...drafted } = reply;
      state.held = [...context, ...reply.tokens].slice(0, length);
      options.onReply();
      return drafted;
    },
    async close() {
      if (state.closed) return;
      state.closed = true;
      await options.onClose(state.held);
    },
  };
}

/** Tokens to append after the first `from`, and how many of their rows to return. */
interface Part {
  readonly from: number;
  readonly tokens: readonly Token[];
  readonly rows: number;
  readonly cancel: ArrayBufferLike | undefined;
}

/**
 * Sends requests to append tokens, and returns the last reply; undefined if there are none. A long prompt is sent in
 * chunks. If one of them fails, the next request drops those before it.
 */
async function extend<Reply>(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  tokens: readonly Token[],
  { rows, hidden, signal }: { readonly rows: number } & Pick<AppendOptions, "hidden" | "signal">,
  makeRequest: (part: Part) => Request,
): Promise<Reply | undefined> {
  checkOpen(model, state);
  checkTokens(tokens, model);
  checkHidden(hidden, model);
  const before = state.held;
  if (before.length + tokens.length > model.contextLength) throw contextFull(model, before.length, tokens.length);
  if (tokens.length === 0) return undefined;
  if (state.busy)
    throw new Error(`A session of ${model.name} was asked to append before its last append had finished.`);
  const cancel = cancellation(signal);
  state.busy = true;
  try {
    let reply: Reply | undefined;
    for (let at = 0, end = 0; at < tokens.length; at = end) {
      end = tokens.length - rows - at > chunk ? at + chunk : tokens.length;
      const part = { from: before.length + at, tokens: tokens.slice(at, end), rows: end < tokens.length ? 0 : rows };
      reply = await send<Reply>(model, options, state, part.tokens.length, cancel, () =>
        makeRequest({ ...part, cancel: cancel?.flag }),
      );
    }
    state.held = [...before, ...tokens];
    options.onReply();
    return reply;
  } finally {
    state.busy = false;
  }
}

/** Runs all but the end of a long context, so that the draft after it is short for those who wait. */
async function catchUp(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  context: readonly Token[],
  cancel: Cancellation | undefined,
): Promise<void> {
  for (let from = state.held.length; context.length - 1 - from >= chunk; from = state.held.length) {
    const tokens = context.slice(from, from + chunk);
    const { id: session } = options;
    await send(model, options, state, chunk, cancel, () => {
      return { type: "append", session, from, tokens, rows: 0, cancel: cancel?.flag };
    });
    state.held = context.slice(0, from + chunk);
  }
}

/** Sends a request that runs about so many tokens, when it is the session's turn. */
function send<Reply>(
  model: ModelFacts,
  { link, turn }: SessionOptions,
  state: SessionState,
  tokens: number,
  cancel: Cancellation | undefined,
  makeRequest: () => Request,
): Promise<Reply> {
  return turn(tokens, cancel?.signal, () => {
    checkOpen(model, state);
    return link.request<Reply>(makeRequest(), cancel);
  });
}

/** Appends a block and computes, in the worker, what verification needs from it. */
async function score(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  tokens: readonly Token[],
  { readings: kinds, temperature, hidden, signal, drafterLogits: given }: ScoreOptions,
): Promise<Scored> {
  const { link, id: session } = options;
  const rows = tokens.length;
  // Sorted, since the worker has one graph per list.
  const readings = [...kinds].sort();
  const drafterLogits = given as Float32Array<ArrayBuffer> | undefined;
  if (tokens.length === 0) throw new RangeError("An empty block has no readings; expected at least one token.");
  checkRows(tokens.length, model);
  const reply = await extend<ScoreReply>(model, options, state, tokens, { rows, hidden, signal }, (part) => {
    return { type: "score", session, ...part, readings, temperature, drafterLogits, hidden };
  }).catch((error) => {
    throw blamed(model, error);
  });
  const { values, drafterLogits: returned, hidden: states } = reply as ScoreReply;
  const columns = readings.map(
    (reading, n) => [reading, values.subarray(n * tokens.length, (n + 1) * tokens.length)] as const,
  );
  return {
    readings: withInfinities(Object.fromEntries(columns)),
    drafterLogits: returned,
    hidden: states,
    row: (at) => link.request<Float32Array>({ type: "logits-at", session, at }),
  };
}

/**
 * Larger values mean infinity, since −∞ was computed as `lowest` (softmax-nodes.ts): finite logits never diverge by
 * this much. A mass below 1e-21 on a token that the other row rules out counts as zero.
 */
const infinite = 1e9;

/** Restores infinities. */
function withInfinities(readings: Readings): Readings {
  for (const [reading, values] of Object.entries(readings) as [string, Float32Array][]) {
    if (!/ (kl|reverse-kl)$/.test(reading)) continue;
    for (let at = 0; at < values.length; at++)
      if ((values[at] as number) > infinite) values[at] = Number.POSITIVE_INFINITY;
  }
  return readings;
}

function checkOpen(model: ModelFacts, { closed }: SessionState): void {
  // Its cache may belong to another session by now.
  if (closed) throw new Error(`A session of ${model.name} was used after it was closed.`);
}

function checkTokens(tokens: readonly Token[], model: ModelFacts): void {
  const stray = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < model.readable));
  if (stray !== undefined)
    throw new RangeError(`Token ${stray} is unknown to ${model.name}; expected an id from 0 to ${model.readable - 1}.`);
}

function checkHidden(kind: HiddenKind | undefined, model: ModelFacts): void {
  if (kind === undefined || model.hidden[kind] !== undefined) return;
  const output = kind === "pre-norm" ? "hidden_states" : "last_hidden_state";
  const advice =
    layerOf(kind) === undefined
      ? `Export it with the output ${output}.`
      : "Load it with the option hidden; if that was done, its graph.missing says why it has none.";
  throw new LenityError("unsupported", `${model.name} has no ${kind} hidden states. ${advice}`);
}

function checkRows(rows: number, { name, lastOnly }: ModelFacts): void {
  if (lastOnly !== true || rows <= 1) return;
  throw new LenityError(
    "unsupported",
    `${name} scores only the last position of a block, but ${rows} were requested. Request one.`,
  );
}

function contextFull(model: ModelFacts, held: number, more: number): LenityError {
  return new LenityError(
    "context_full",
    `${model.name} has a context of ${model.contextLength} tokens: ${held} are in use, ${more} more do not fit. Shorten the prompt or the answer.`,
  );
}
