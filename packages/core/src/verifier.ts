import type { Evidence, Row } from "./evidence.ts";
import type { HiddenKind, Token } from "./model.ts";
import type { Reading } from "./reading.ts";

/**
 * What is known of the emitted text.
 * exact: distributed as the target. mixture: a stated mixture of target and draft rows. bounded: a stated bound holds. none: no claim.
 */
export type Law = "exact" | "mixture" | "bounded" | "none";

/** What a verifier reads beyond the target's rows. The loop supplies it, or refuses before the first token. */
export interface Needs {
  /** Hidden states of the target at the drafted tokens' own positions. */
  readonly hidden?: HiddenKind | undefined;
  /** The drafter's rows: a drafter that only proposes tokens (prompt lookup) cannot feed this. */
  readonly draftRows?: boolean | undefined;
  /** "greedy": defined at temperature 0 only. "sampled": defined only where drafts are drawn from q, above temperature 0. */
  readonly mode?: "greedy" | "sampled" | undefined;
}

/** Hidden states of the target, one per drafted token: `at(i)` is the state at the position whose input is `draft[i]`. */
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
  /** K positions; absent when the drafter only proposes tokens. Its processed rows are what the tokens were drawn from. */
  readonly drafter?: Evidence | undefined;
  /** Present when `needs.hidden` asks for it. */
  readonly hidden?: Hidden | undefined;
  /** Temperature 0: processed rows are one-hot. */
  readonly greedy: boolean;
  /** Control tokens such as EOS, which stay strict (see guard.ts). */
  readonly control: ReadonlySet<Token>;
  /** One coin in [0, 1) per drafted token: verifiers hold no randomness. */
  readonly uniform: readonly number[];
}

/** The decision on a block. */
export interface Verdict {
  /** One entry per drafted token, each decided as if all before it were accepted. */
  readonly accept: readonly boolean[];
  /** The row to draw from when `at` is the first refusal. Default: the target's processed row. */
  readonly replacement?: ((at: number) => Row) | undefined;
  /** Which verifier accepted each token, when that is not the verifier itself. */
  readonly by?: readonly (string | undefined)[] | undefined;
  /** Nats that a ledger charges for each token, if it is kept. */
  readonly charges?: readonly number[] | undefined;
  /** What other rules would have accepted of the same block. */
  readonly shadows?: readonly { readonly name: string; readonly accept: readonly boolean[] }[] | undefined;
  /** The loop guard has turned the request strict. */
  readonly looping?: boolean | undefined;
}

/** The plugin point: an acceptance rule. */
export interface Verifier {
  readonly name: string;
  readonly law: Law;
  readonly needs?: Needs | undefined;
  /**
   * All that `verify` reads of the rows, where that is only numbers (of probabilities, those of the drafted tokens): a backend whose logits lie on a
   * device then computes these there, and ships no rows. A replacement may read processed rows of its position all the same. Absent: whole rows.
   */
  readonly reads?: readonly Reading[] | undefined;
  /** True when the decision depends on the position alone: neither on the drafted token nor on the coin. */
  readonly gate?: boolean | undefined;
  /** True when the decision covers the block as a whole, so that positions cannot be taken from it one by one. */
  readonly joint?: boolean | undefined;
  /** The bound that `charges` keep over a whole request, in nats. */
  readonly budget?: number | undefined;
  /** Whether the guard (guard.ts) leaves the rule alone. */
  readonly unguarded?: boolean | undefined;
  verify(round: Round): Verdict | Promise<Verdict>;
}
