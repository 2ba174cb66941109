import type { Evidence, Row } from "./evidence/evidence.ts";
import type { Reading } from "./evidence/reading.ts";
import type { HiddenKind, Token } from "./model.ts";

/**
 * What is known about the emitted text. exact: distributed as the target. mixture: a known mixture of target and draft
 * rows. bounded: within a known bound. none: no claim.
 */
export type Law = "exact" | "mixture" | "bounded" | "none";

/**
 * How tokens are drawn from rows: the drafted ones, and those that the target adds. coins: each by a coin that decides
 * nothing else. noise: by noise that depends on the request's seed and the position only (see noise.ts).
 */
export type Drawing = "coins" | "noise";

/**
 * What a verifier reads besides the target's rows. The loop supplies it, or refuses the request before the first token.
 */
export interface Needs {
  /** Hidden states of the target at the positions of the drafted tokens. */
  readonly hidden?: HiddenKind | undefined;
  /** Hidden states of the draft model at the same positions. Prompt lookup has none. */
  readonly draftHidden?: HiddenKind | undefined;
  /** The drafter's rows. A drafter that only proposes tokens (prompt lookup) has none. */
  readonly draftRows?: boolean | undefined;
  /**
   * "greedy": defined at temperature 0 only. "sampled": defined only where drafts are drawn from q, above temperature
   * 0.
   */
  readonly mode?: "greedy" | "sampled" | undefined;
}

/** Hidden states of a model, one per drafted token: `at(i)` is the state at the position whose input is `draft[i]`. */
export interface Hidden {
  readonly width: number;
  at(index: number): Float32Array;
}

/** Everything that is known about a drafted block of K tokens once the target has scored it. */
export interface Round {
  /** Committed tokens, prompt included. */
  readonly context: readonly Token[];
  /** The index in `context` where the answer begins. */
  readonly promptLength: number;
  readonly draft: readonly Token[];
  /** K + 1 positions: one per drafted token, and the bonus position. */
  readonly target: Evidence;
  /** K positions; absent if the drafter only proposes tokens. The tokens were drawn from its processed rows. */
  readonly drafter?: Evidence | undefined;
  /** The target's. Present if `needs.hidden` requests it. */
  readonly hidden?: Hidden | undefined;
  /** The draft model's. Present if `needs.draftHidden` requests it. */
  readonly draftHidden?: Hidden | undefined;
  /** Nats that each ledger has charged this request so far, by the ledger's symbol. */
  readonly spent: ReadonlyMap<symbol, number>;
  /** Whether the answer has started to repeat itself (see guard.ts). Stays true until its end. */
  readonly looping: boolean;
  /** Temperature 0: processed rows are one-hot. */
  readonly greedy: boolean;
  /** Control tokens such as EOS, which stay strict (see guard.ts). */
  readonly control: ReadonlySet<Token>;
  /** One coin in [0, 1) per drafted token: verifiers have no random generator. */
  readonly uniform: readonly number[];
  /** The request's seed, which makes the noise of each position (`drawByNoise`). */
  readonly noise: number;
}

/**
 * What one ledger charges for the tokens of a block. An entry counts once that token, or its replacement, is in the
 * answer.
 */
export interface Charge {
  readonly ledger: symbol;
  /** Nats, 0 or more. Positions beyond the last entry cost nothing. */
  readonly nats: readonly number[];
}

/** What a shadow rule, which decides nothing, would have done with the block. */
export interface ShadowVerdict extends Pick<Verdict, "accept" | "charges"> {
  readonly name: string;
}

/** The chance, 0 to 1, of keeping a token that was drawn from the target's processed row with this probability. */
export type Thinning = (token: Token, probability: number) => number;

/** The decision on a block. */
export interface Verdict {
  /** One entry per drafted token, each decided as if all before it were accepted. */
  readonly accept: readonly boolean[];
  /** The row to draw from if `at` is the first rejection. Default: the target's processed row. */
  readonly replacement?: ((at: number) => Row) | undefined;
  /**
   * The same as a way to draw without the row: tokens drawn from the target's row and kept by chance follow the
   * replacement. A target that returns no rows needs it. Absent: a replacement needs its row.
   */
  readonly thinning?: ((at: number) => Thinning | undefined) | undefined;
  /** Which verifier accepted each token, if not this one. */
  readonly by?: readonly (string | undefined)[] | undefined;
  /** What ledgers charge for the block. */
  readonly charges?: readonly Charge[] | undefined;
  /** What shadow rules would have accepted in the same block. */
  readonly shadows?: readonly ShadowVerdict[] | undefined;
}

/**
 * An acceptance rule: the plugin interface. It has no state and no random generator: what a request has spent, whether
 * it loops, and its coins are in the `Round`, so one instance can serve any number of concurrent requests. Whatever it
 * decides, a token that the request rules out (`Evidence.supports`) is never accepted or drawn as a replacement (see
 * support.ts).
 */
export interface Verifier {
  readonly name: string;
  readonly law: Law;
  /** How the request's tokens are drawn if this rule decides, with a draft or without. Default: coins. */
  readonly drawing?: Drawing | undefined;
  readonly needs?: Needs | undefined;
  /**
   * Everything `verify` reads from the rows, if numbers are enough (probabilities only of the drafted tokens). A
   * backend with its logits on a device then computes these there and transfers no rows. A replacement may still read
   * the processed row of its position. Absent: whole rows.
   */
  readonly reads?: readonly Reading[] | undefined;
  /** True if the decision depends only on the position, not on the drafted token or the coin. */
  readonly gate?: boolean | undefined;
  /** True if the decision covers the block as a whole, so that single positions cannot be taken from it. */
  readonly joint?: boolean | undefined;
  /** The bound of its ledger over a whole request, in nats. */
  readonly budget?: number | undefined;
  /** The best block length for the rule, if its preset sets one. */
  readonly draftTokens?: number | undefined;
  /** Whether the guard (guard.ts) leaves the rule alone. */
  readonly unguarded?: boolean | undefined;
  verify(round: Round): Verdict | Promise<Verdict>;
}
