/** The messages between the page and its worker. */

/**
 * The source of a token: the drafter, accepted by strict verification too (strict) or not (relaxed); else the target.
 */
export type Kind = "strict" | "relaxed" | "replacement" | "bonus" | "target";

/** One token of an answer. */
export interface Piece {
  readonly text: string;
  readonly kind: Kind;
  /** The verifier that accepted it. */
  readonly by?: string | undefined;
  /** Its raw probabilities under target and drafter, if they were computed. */
  readonly p?: number | undefined;
  readonly q?: number | undefined;
}

/** The figures of an answer. */
export interface Figures {
  readonly tokens: number;
  readonly passes: number;
  readonly drafted: number;
  readonly accepted: number;
  readonly relaxed: number;
  readonly seconds: number;
  /** The answer was cut off because the context is full. */
  readonly cutOff: boolean;
}

/** A policy in the page's list, and its best block length. */
export interface Choice {
  readonly name: string;
  readonly summary: string;
  /** 0: no drafting. */
  readonly draftTokens: number;
}

/** From the page. */
export type Order =
  | { readonly type: "ask"; readonly question: string; readonly policy: string; readonly draftTokens: number }
  | { readonly type: "stop" };

/** From the worker. */
export type Report =
  | { readonly type: "progress"; readonly loaded: number; readonly total: number }
  | { readonly type: "ready"; readonly choices: readonly Choice[]; readonly runsOn: string; readonly exact: boolean }
  | { readonly type: "tokens"; readonly pieces: readonly Piece[] }
  | { readonly type: "done"; readonly figures: Figures }
  | { readonly type: "stopped" }
  /** `missing`: a model file is not on the server. */
  | { readonly type: "failed"; readonly message: string; readonly missing?: boolean | undefined };
