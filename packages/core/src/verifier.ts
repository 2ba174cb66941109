import type { Evidence, Row } from "./evidence/evidence.ts";
import type { Reading } from "./evidence/reading.ts";
import type { HiddenKind, Token } from "./model.ts";

/**
 * What is known of the emitted text. exact: distributed as the target. mixture: a stated mixture of target and draft
 * rows. bounded: a stated bound holds. none: no claim.
 */
export type Law = "exact" | "mixture" | "bounded" | "none";

/** What a verifier reads beyond the target's rows. The loop supplies it, or refuses before the first token. */
export interface Needs {
  /** Hidden states of the target at the drafted tokens' own positions. */
  readonly hidden?: HiddenKind | undefined;
  /** The drafter's rows: a drafter that only proposes tokens (prompt lookup) cannot feed this. */
  readonly draftRows?: boolean | undefined;
  /**
   * "greedy": defined at temperature 0 only. "sampled": defined only where drafts are drawn from q, above temperature
   * 0.
   */
  readonly mode?: "greedy" | "sampled" | undefined;
}

/**
 * Hidden states of the target, one per drafted token: `at(i)` is the state at the position whose input is `draft[i]`.
 */
export interface Hidden {
  readonly width: number;
  at(index: number): Float32Array;
}

/** Everything known about one drafted block of K tokens once the target has scored it. */
export interface Round {
  /** Committed tokens, prompt included. */
  readonly context: readonly Token[];
  /** Where the answer begins in `context`. */
  readonly promptLength: number;
  readonly draft: readonly Token[];
  /** K + 1 positions: one per drafted token, and the bonus position. */
  readonly target: Evidence;
  /**
   * K positions; absent when the drafter only proposes tokens. Its processed rows are what the tokens were drawn from.
   */
  readonly drafter?: Evidence | undefined;
  /** Present when `needs.hidden` asks for it. */
  readonly hidden?: Hidden | undefined;
  /** Nats that each ledger has charged this request so far, by the ledger's own symbol. */
  readonly spent: ReadonlyMap<symbol, number>;
  /** The answer has begun to repeat itself (see guard.ts): true from there to its end. */
  readonly looping: boolean;
  /** Temperature 0: processed rows are one-hot. */
  readonly greedy: boolean;
  /** Control tokens such as EOS, which stay strict (see guard.ts). */
  readonly control: ReadonlySet<Token>;
  /** One coin in [0, 1) per drafted token: verifiers hold no randomness. */
  readonly uniform: readonly number[];
}

/**
 * What one ledger charges for the tokens of a block: an entry counts once the answer holds that token, or its
 * replacement.
 */
export interface Charge {
  readonly ledger: symbol;
  /** Nats, 0 or more. Positions beyond the last entry cost nothing. */
  readonly nats: readonly number[];
}

/** What a rule that decides nothing would have done with the block. */
export interface ShadowVerdict extends Pick<Verdict, "accept" | "charges"> {
  readonly name: string;
}

/** The decision on a block. */
export interface Verdict {
  /** One entry per drafted token, each decided as if all before it were accepted. */
  readonly accept: readonly boolean[];
  /** The row to draw from when `at` is the first refusal. Default: the target's processed row. */
  readonly replacement?: ((at: number) => Row) | undefined;
  /** Which verifier accepted each token, when that is not the verifier itself. */
  readonly by?: readonly (string | undefined)[] | undefined;
  /** What ledgers charge for the block. */
  readonly charges?: readonly Charge[] | undefined;
  /** What other rules would have accepted of the same block. */
  readonly shadows?: readonly ShadowVerdict[] | undefined;
  /** The guard held the block to strict verification, because the answer repeats itself. */
  readonly looping?: boolean | undefined;
}

/**
 * The plugin point: an acceptance rule. It holds no state and no randomness: what a request has spent, whether it
 * loops, and its coins reach the rule through the `Round`, so that one instance serves any number of requests at once.
 * And it has a floor: whatever it decides, a token that the request itself rules out (`Evidence.supports`) is neither
 * accepted nor drawn as a replacement (see support.ts).
 */
export interface Verifier {
  readonly name: string;
  readonly law: Law;
  readonly needs?: Needs | undefined;
  /**
   * All that `verify` reads of the rows, where that is only numbers (of probabilities, those of the drafted tokens): a
   * backend whose logits lie on a device then computes these there, and ships no rows. A replacement may read processed
   * rows of its position all the same. Absent: whole rows.
   */
  readonly reads?: readonly Reading[] | undefined;
  /** True when the decision depends on the position alone: neither on the drafted token nor on the coin. */
  readonly gate?: boolean | undefined;
  /** True when the decision covers the block as a whole, so that positions cannot be taken from it one by one. */
  readonly joint?: boolean | undefined;
  /** The bound in nats that its ledger keeps over a whole request. */
  readonly budget?: number | undefined;
  /** The block length that suits the rule, where the preset that it was made from names one. */
  readonly draftTokens?: number | undefined;
  /** Whether the guard (guard.ts) leaves the rule alone. */
  readonly unguarded?: boolean | undefined;
  verify(round: Round): Verdict | Promise<Verdict>;
}
