import type { Token } from "@lenity/core";
import { chunk } from "../protocol/chunk.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { ModelFacts } from "../protocol/model-facts.ts";
import type { AppendReply, AppendRequest, ScoreReply, ScoreRequest } from "../protocol/protocol.ts";
import type { TakeTurn } from "./turns.ts";

export type { ModelFacts };

/** Where a session runs, and what its cache contains at the start. */
export interface SessionOptions {
  readonly link: WorkerLink;
  /** The model's number in the worker. */
  readonly place: number;
  /** Its number among the model's sessions there. */
  readonly id: number;
  /** The tokens whose rows the worker already has under that number. */
  readonly held: readonly Token[];
  /** As in `OpenOptions`. */
  readonly blockExact: boolean;
  /** Its turns on the worker, which other sessions use too. */
  readonly turn: TakeTurn;
  /** Whether others wait for a turn. */
  crowded(): boolean;
  /** Whether no other session of the model is open there. */
  alone(): boolean;
  /** Called for every reply from the worker. */
  onReply(): void;
  /** Called once, with the tokens in the cache at the end whose rows were computed in blocks. */
  onClose(exact: readonly Token[]): Promise<void>;
}

/** What a session knows about its sequence in the worker. */
export interface SessionState {
  /**
   * Tokens that the worker is certain to have, even after a failed request. Rewinding is sent with the next request.
   */
  held: readonly Token[];
  /** How many of them, from the first, have rows that were computed in blocks. Others are not kept for later prompts. */
  exact: number;
  /** Whether it has returned a row. */
  scored: boolean;
  /** How many tokens it drew in its last turn that drew any. */
  drawn: number;
  busy: boolean;
  closed: boolean;
  /** The next block, if a drafter has ordered it with its draft; resolves to undefined if it has none to show. */
  ahead?: Promise<BlockAhead | undefined> | undefined;
}

/** A block that was run with its draft, before anybody asked for it. */
export interface BlockAhead {
  readonly tokens: readonly Token[];
  /** What the worker was asked. */
  readonly request: AppendRequest | ScoreRequest;
  /** The draft's logits that it compared. */
  readonly drafterLogits: Float32Array | undefined;
  readonly reply: AppendReply | ScoreReply;
}

/** The state of a session that has run nothing. */
export function newState({ held }: Pick<SessionOptions, "held">): SessionState {
  return { held, exact: held.length, scored: false, drawn: 1, busy: false, closed: false };
}

/** Shortens what the session holds to its first `length` tokens, or as many as there are. */
export function shorten(state: SessionState, length: number): void {
  state.held = state.held.slice(0, length);
  state.exact = Math.min(state.exact, state.held.length);
}

/**
 * Whether single tokens of the next `count` may run alone. Up to the first row of a session none may: they are a
 * prompt, whose answer must not depend on how much of it was cached.
 */
export function mayRunAlone(
  { aloneAsInBlocks }: ModelFacts,
  { blockExact }: SessionOptions,
  { scored }: SessionState,
  count: number,
): boolean {
  return aloneAsInBlocks === true || (scored && !blockExact && count === 1);
}

/** The most tokens of a prompt in the next run. Their number changes no bit of the rows. */
export const longestRun = ({ longestRun = chunk }: ModelFacts, { alone }: SessionOptions): number =>
  alone() ? longestRun : chunk;

/**
 * Records that the worker has run tokens after those that the session held: as in a block, or with other bits
 * (`exact` false).
 */
export function extendTo(state: SessionState, held: readonly Token[], exact = true): void {
  if (exact && state.exact === state.held.length) state.exact = held.length;
  state.held = held;
}
