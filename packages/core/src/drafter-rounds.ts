/** Whole rounds in the place of the models: the contract. */
import type { EmittedToken } from "./decode-event.ts";
import type { RoundOutcome } from "./metrics.ts";
import type { Session, Token } from "./model.ts";
import type { PolicySource } from "./policy-source.ts";
import type { Sampling } from "./sampling-settings.ts";

/** What decides about the rounds of an answer, besides the models and the prompt. Plain data. */
export interface RoundSettings {
  readonly policy: PolicySource;
  readonly sampling: Sampling;
  readonly seed: number;
  readonly maxTokens: number;
  /** As in `DecodeOptions`. */
  readonly draftTokens?: number | "auto" | undefined;
  readonly maxDraftTokens?: number | undefined;
  readonly control: ReadonlySet<Token>;
  /** The target's end tokens, which the caller may have changed. */
  readonly eos: readonly Token[];
}

export interface RoundsRequest {
  /** The target's session. It holds a beginning of the prompt, never all of it. */
  readonly session: Session;
  readonly prompt: readonly Token[];
  readonly settings: RoundSettings;
  readonly signal?: AbortSignal | undefined;
  readonly scope?: string | undefined;
}

/** A round with its verdict: plain data. */
export interface DecidedRound extends RoundOutcome {
  /** What the round adds to the answer, up to its end. */
  readonly tokens: readonly EmittedToken[];
  /** That of each accepted token, if the rule reads it: see overshoot.ts. */
  readonly overshoots: readonly number[];
}

/** The rounds of one answer. */
export interface Rounds {
  /**
   * The next rounds, at least one, none after the one that ends the answer. How many there are may depend on time, but
   * not what they are. Afterwards the target's session holds all tokens so far but the last, or fewer.
   */
  next(): Promise<readonly DecidedRound[]>;
}
