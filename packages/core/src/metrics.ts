import { totalCharge } from "./charges.ts";
import type { Overshoot } from "./overshoot.ts";
import type { Charge, ShadowVerdict } from "./verifier.ts";

/**
 * What happened in one answer, in tokens. Always: evaluated = accepted + rejected; emitted = accepted + replacements +
 * bonuses − ignored; accepted = Σ acceptedBy; relaxed ≤ accepted ≤ evaluated ≤ drafted; rounds = Σ histogram
 * = Σ lengths.
 */
export interface Counters {
  /** Prompt tokens that the target did not run because they were already in its session's cache. */
  readonly cached: number;
  /**
   * Target passes that verified a block or gave a token. A pass over the prompt counts if it gave the first token,
   * which is so in plain decoding and with a drafter that prepares.
   */
  readonly rounds: number;
  /** Proposed by the drafter. */
  readonly drafted: number;
  /** Drafted tokens that were verified: up to and including the first rejection of each round. */
  readonly evaluated: number;
  /** Accepted drafted tokens: those before the first rejection. */
  readonly accepted: number;
  /** Rounds that ended in a rejection. */
  readonly rejected: number;
  /**
   * Tokens of the answer that were accepted where speculative sampling with the same coin would have rejected: the
   * price of a lossy rule.
   */
  readonly relaxed: number;
  /** Tokens drawn after a rejection. */
  readonly replacements: number;
  /** Tokens drawn after a fully accepted block; in plain decoding, every token. */
  readonly bonuses: number;
  /** Accepted tokens after the end of the answer, discarded. */
  readonly ignored: number;
  /** Tokens in the answer. */
  readonly emitted: number;
  /** Accepted tokens by the name of the verifier that accepted them. */
  readonly acceptedBy: Readonly<Record<string, number>>;
  /** Nats that the policy's ledgers charged for the tokens of the answer. */
  readonly spent: number;
  /**
   * For each shadow rule: the drafted tokens it would have accepted in the same rounds, and how many more than were
   * accepted.
   */
  readonly shadows: Readonly<Record<string, { readonly accepted: number; readonly more: number }>>;
  /**
   * How much more probable its accepted tokens were to the drafter than to the target. Absent for lossless rules, if no
   * token was accepted, and at temperature 0 where rows stay on a device, unless the verifier reads raw probabilities.
   */
  readonly overshoot?: Overshoot | undefined;
  /**
   * Verified tokens at which a divergence was known only between bounds that its threshold lay between, so that the
   * gate stayed closed. Always 0 for a target that returns rows.
   */
  readonly undecided: number;
  /** Whether the answer repeated itself (see guard.ts). */
  readonly looping: boolean;
  /** histogram[n]: rounds that accepted n drafted tokens. */
  readonly histogram: readonly number[];
  /** lengths[n]: rounds that drafted n tokens. lengths[0] are those without a draft. */
  readonly lengths: readonly number[];
}

/** One round's share of the counters. */
export interface RoundOutcome {
  readonly drafted: number;
  readonly accepted: number;
  readonly rejected: boolean;
  /** Tokens that the round added to the answer. */
  readonly tokens: readonly { readonly relaxed: boolean }[];
  readonly drawn: "replacement" | "bonus" | undefined;
  readonly ignored: number;
  readonly by: readonly string[];
  readonly undecided: number;
  /** What ledgers charged for the block, and what shadow rules would have accepted of it. */
  readonly charges?: readonly Pick<Charge, "nats">[] | undefined;
  readonly shadows?: readonly Pick<ShadowVerdict, "name" | "accept">[] | undefined;
}

/** All counters at zero. */
export const noCounts: Counters = {
  cached: 0,
  rounds: 0,
  drafted: 0,
  evaluated: 0,
  accepted: 0,
  rejected: 0,
  relaxed: 0,
  replacements: 0,
  bonuses: 0,
  ignored: 0,
  emitted: 0,
  acceptedBy: {},
  spent: 0,
  shadows: {},
  undecided: 0,
  looping: false,
  histogram: [],
  lengths: [],
};

/** The counters after one more round. */
export function addRound(counters: Counters, round: RoundOutcome): Counters {
  const acceptedBy = { ...counters.acceptedBy };
  for (const name of round.by) acceptedBy[name] = (acceptedBy[name] ?? 0) + 1;
  const shadows = { ...counters.shadows };
  for (const { name, accept } of round.shadows ?? []) {
    const rejection = accept.indexOf(false);
    const accepted = rejection < 0 ? accept.length : rejection;
    const before = shadows[name] ?? { accepted: 0, more: 0 };
    shadows[name] = { accepted: before.accepted + accepted, more: before.more + accepted - round.accepted };
  }
  const replacements = round.drawn === "replacement" ? 1 : 0;
  const bonuses = round.drawn === "bonus" ? 1 : 0;
  return {
    ...counters,
    rounds: counters.rounds + 1,
    drafted: counters.drafted + round.drafted,
    evaluated: counters.evaluated + round.accepted + (round.rejected ? 1 : 0),
    accepted: counters.accepted + round.accepted,
    rejected: counters.rejected + (round.rejected ? 1 : 0),
    relaxed: counters.relaxed + round.tokens.filter(({ relaxed }) => relaxed).length,
    replacements: counters.replacements + replacements,
    bonuses: counters.bonuses + bonuses,
    ignored: counters.ignored + round.ignored,
    emitted: counters.emitted + round.tokens.length,
    acceptedBy,
    spent: counters.spent + totalCharge(round.charges, round.tokens.length),
    shadows,
    undecided: counters.undecided + round.undecided,
    histogram: oneMore(counters.histogram, round.accepted),
    lengths: oneMore(counters.lengths, round.drafted),
  };
}

/** The histogram with one more at n. */
function oneMore(histogram: readonly number[], n: number): number[] {
  const more = Array.from({ length: Math.max(histogram.length, n + 1) }, (_, at) => histogram[at] ?? 0);
  more[n] = (more[n] as number) + 1;
  return more;
}
