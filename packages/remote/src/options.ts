import type { Token } from "@lenity/core";

/** The protocols. lenity speaks vLLM's. */
export const engines = ["sglang", "vllm", "oip", "lenity"] as const;

export type EngineName = (typeof engines)[number];

export interface RemoteOptions {
  readonly engine: EngineName;
  /** Where it listens, without the path of a route: `http://gpu-1:30000`. */
  readonly url: string;
  /** The model's name there. Default: the one that it serves first. Required for `oip`. */
  readonly model?: string | undefined;
  /** Sent as `authorization: Bearer KEY`. */
  readonly key?: string | undefined;
  /** The ids that have a token, such as a tokenizer. Required if the engine does not say how many there are. */
  readonly tokens?: { readonly vocabulary: number; readonly unused?: ReadonlySet<Token> | undefined } | undefined;
  /** Tokens that end an answer. Default: none. */
  readonly eos?: readonly Token[] | undefined;
  /** The most tokens of prompt and answer. Default: what the engine says. */
  readonly contextLength?: number | undefined;
  /** The most probable tokens to list at each position, at most. Default 20. Fewer if the engine allows fewer. */
  readonly top?: number | undefined;
  /** Milliseconds until a call has failed. Default 60 000. */
  readonly timeout?: number | undefined;
  /** How often a call is sent again if the connection fails or the engine is busy. Default 3. */
  readonly retries?: number | undefined;
  /**
   * How far, in nats, the log probability of the same token may lie apart in two calls before the second is taken for
   * stale. Default 0.25: engines compute in 16 bits, and in different batches a little differently.
   */
  readonly tolerance?: number | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}
