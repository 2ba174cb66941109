import type { Counters } from "./metrics.ts";
import type { Token } from "./model.ts";

/** One token of the answer and where it came from. */
export interface EmittedToken {
  readonly token: Token;
  /**
   * draft: accepted; replacement: drawn at a rejection; bonus: drawn after a full block; target: drawn without a draft.
   */
  readonly source: "draft" | "replacement" | "bonus" | "target";
  /** The verifier that accepted a drafted token. */
  readonly by?: string | undefined;
  /** Accepted where speculative sampling with the same coin would have refused: the price of a lossy rule. */
  readonly relaxed: boolean;
  /** Raw probabilities of the token under target and drafter, and KL(p‖q) of the raw rows, when traced. */
  readonly p?: number | undefined;
  readonly q?: number | undefined;
  readonly kl?: number | undefined;
}

export type DecodeEvent =
  | { readonly type: "round"; readonly tokens: readonly EmittedToken[] }
  | { readonly type: "finish"; readonly reason: "stop" | "length"; readonly counters: Counters };
