import type { Rounds, RoundsRequest } from "./drafter-rounds.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { Reading } from "./evidence/reading.ts";
import type { ByHiddenKind, HiddenKind, Session, Token } from "./model.ts";
import type { Sampling } from "./sampling.ts";
import type { RowShaping } from "./shaping.ts";
import type { Hidden } from "./verifier.ts";

/** How the target will run the block: the context's last token and the draft. */
export interface Scoring {
  /** The target's session. It holds all of the context but the last token. */
  readonly session: Session;
  /** The kind of hidden state to be asked for with the block. */
  readonly hidden?: HiddenKind | undefined;
  /** The numbers to be asked for instead of rows (`Session.score`), and the temperature of processed rows there. */
  readonly readings?: ReadonlySet<Reading> | undefined;
  readonly temperature: number;
}

/** The input of a drafter in one round. */
export interface DraftRequest {
  /** All committed tokens, including the prompt. A drafter resynchronises its state with them. */
  readonly context: readonly Token[];
  /** The most tokens to propose; fewer, or none, is fine. */
  readonly limit: number;
  readonly sampling: Sampling;
  /** `limit` coins. The drafter draws with these and has no random generator itself. */
  readonly uniform: readonly number[];
  /**
   * The seed of the noise to draw with instead of the coins, by the position in the text (`drawDraft`). A drafter that
   * cannot may draw otherwise: fewer tokens are then accepted.
   */
  readonly noise?: number | undefined;
  /**
   * The request's processors and grammar. A drafter that draws token by token shapes each row before it draws, so that
   * it drafts what the target may accept. A drafter that cannot may leave rows as they are.
   */
  readonly shaping?: RowShaping | undefined;
  /** The kind of hidden state to return for each proposed token, out of `Drafter.hidden`. Default: none. */
  readonly hidden?: HiddenKind | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Who the answer is for, as in `OpenOptions`. */
  readonly scope?: string | undefined;
  /**
   * What comes after the draft, for a drafter that can have the target run the block at once: the session then answers
   * from that run when it is asked for the block. No drafter needs to, and none may do anything else with the session.
   */
  readonly scoring?: Scoring | undefined;
}

/** A proposed continuation of the context. */
export interface Draft {
  readonly tokens: readonly Token[];
  /** One position per token, or more. The tokens were drawn from its processed rows. */
  readonly evidence?: Evidence | undefined;
  /** `at(i)` is the drafter's hidden state at the position whose input is `tokens[i]`. Present if requested. */
  readonly hidden?: Hidden | undefined;
}

/** What is known before the first draft. */
export interface PrepareRequest extends Pick<DraftRequest, "context" | "shaping" | "signal" | "scope"> {
  /** The target's session: a draft model may open its own beside it (`OpenOptions.beside`). */
  readonly session?: Session | undefined;
}

/** Proposes tokens for the target to verify. One drafter serves one request at a time. */
export interface Drafter {
  readonly name: string;
  /** Whether drafts include rows (`Draft.evidence`). */
  readonly rows: boolean;
  /** The width of each kind of hidden state that drafts can include. Default: none. */
  readonly hidden?: ByHiddenKind<number> | undefined;
  /** The size of its vocabulary, if it has one: checked against the target's. */
  readonly vocabulary?: number | undefined;
  /** Whether it chooses the length of its drafts itself: "auto" then leaves it the longest. Default: false. */
  readonly paced?: boolean | undefined;
  /**
   * Begins to run the context. Called at most once, while the target runs it and draws the first token, which goes
   * without a draft; the context of the first draft begins with this one. It neither waits nor throws: what fails here
   * shows in the draft. Only for drafters that have to run the prompt; others draft at once. It may do nothing where
   * running beside the target only slows it: the first token is sooner all the same.
   */
  prepare?(request: PrepareRequest): void;
  propose(request: DraftRequest): Promise<Draft>;
  /**
   * The rounds of the whole answer, drafted, verified and drawn where both models are; undefined if they are not in one
   * place, or if this is a copy of the drafter (`this`), which may propose otherwise. They are what `propose` and the
   * loop would give. Called at most once, before `propose`, for requests that need nothing else of this program.
   */
  rounds?(request: RoundsRequest): Rounds | undefined;
  /** Frees its resources. Called once, by the request it drafts for. */
  close(): void | Promise<void>;
}
