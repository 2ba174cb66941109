import type { LanguageModel, Token } from "@lenity/core";
import type { WorkerLink } from "../protocol/link.ts";
import type { AppendReply, AppendRequest, ScoreReply, ScoreRequest } from "../protocol/protocol.ts";
import type { TakeTurn } from "./turns.ts";

/** What a session needs to know about its model. */
export type ModelFacts = Pick<LanguageModel, "name" | "source" | "contextLength" | "eos" | "hidden" | "lastOnly"> & {
  /** Ids below this number have an embedding. */
  readonly readable: number;
  /** Whether its worker computes the values that verification needs from drafted blocks. */
  readonly computesReadings: boolean;
};

/** Where a session runs, and what its cache contains at the start. */
export interface SessionOptions {
  readonly link: WorkerLink;
  /** The model's number in the worker. */
  readonly place: number;
  /** Its number among the model's sessions there. */
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
export interface SessionState {
  /**
   * Tokens that the worker is certain to have, even after a failed request. Rewinding is sent with the next request.
   */
  held: readonly Token[];
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
