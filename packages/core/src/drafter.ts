import type { Evidence } from "./evidence/evidence.ts";
import type { Token } from "./model.ts";
import type { Sampling } from "./sampling.ts";

/** What a drafter is asked for in one round. */
export interface DraftRequest {
  /** All committed tokens, prompt included: the only truth. A drafter resynchronises its own state with them. */
  readonly context: readonly Token[];
  /** The most tokens to propose; fewer, or none, is fine. */
  readonly limit: number;
  readonly sampling: Sampling;
  /** `limit` coins: the drafter draws with these and holds no randomness of its own. */
  readonly uniform: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** Whose answer it is, as `OpenOptions` has it. */
  readonly scope?: string | undefined;
}

/** A proposed continuation of the context. */
export interface Draft {
  readonly tokens: readonly Token[];
  /** One position per token; its processed rows are what the tokens were drawn from. */
  readonly evidence?: Evidence | undefined;
}

/** Proposes tokens for the target to verify. One drafter serves one request at a time. */
export interface Drafter {
  readonly name: string;
  /** Whether drafts come with rows (`Draft.evidence`). */
  readonly rows: boolean;
  /** The vocabulary of its tokens, when it has one of its own: checked against the target's. */
  readonly vocabulary?: number | undefined;
  propose(request: DraftRequest): Promise<Draft>;
  /** Frees what it holds. The request that it drafts for calls it, once. */
  close(): void | Promise<void>;
}
