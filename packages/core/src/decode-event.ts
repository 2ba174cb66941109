import type { Logprobs } from "./logprobs.ts";
import type { Counters } from "./metrics.ts";
import type { Token } from "./model.ts";

/** One token of the answer and where it came from. */
export interface EmittedToken {
  readonly token: Token;
  /**
   * draft: accepted; replacement: drawn after a rejection; bonus: drawn after a fully accepted block; target: drawn
   * without a draft.
   */
  readonly source: "draft" | "replacement" | "bonus" | "target";
  /** The verifier that accepted a drafted token. */
  readonly by?: string | undefined;
  /** Accepted where speculative sampling with the same coin would have rejected: the price of a lossy rule. */
  readonly relaxed: boolean;
  /** With `trace`: the token's raw probabilities under target and drafter, and KL(p‖q) of the raw rows. */
  readonly p?: number | undefined;
  readonly q?: number | undefined;
  readonly kl?: number | undefined;
  /** With `logprobs`: how probable the token was to the target itself. */
  readonly logprobs?: Logprobs | undefined;
}

export type DecodeEvent =
  | { readonly type: "round"; readonly tokens: readonly EmittedToken[] }
  | { readonly type: "finish"; readonly reason: "stop" | "length"; readonly counters: Counters };
