import type { Policy } from "@lenity/core";
import type { Point } from "../harness/point.ts";
import type { ProblemSet } from "../harness/problems.ts";

export interface TemperatureReport {
  readonly problems: ProblemSet;
  readonly draftTokens: number;
  /** From greedy up. */
  readonly temperatures: readonly {
    readonly temperature: number;
    readonly strict: Point;
    readonly rules: readonly {
      readonly rule: string;
      readonly policy: Policy;
      readonly point: Point;
      /** Plain decoding at this temperature, with the tokens that the rule may accept. */
      readonly baseline?: Point | undefined;
    }[];
  }[];
  readonly ledger: readonly LedgerReport[];
}

/** The divergence of whole answers under a ledger, measured on answers of the target. Nats. */
export interface LedgerReport {
  readonly temperature: number;
  /** Absent: the gate without a ledger. */
  readonly budget?: number | undefined;
  readonly answers: number;
  /** The mean log-ratio of the target's and the rule's probability of an answer, which is KL(P‖Π); and its interval. */
  readonly divergence: number;
  readonly interval: readonly [number, number];
  /** What the ledger charged for an answer: the mean, and the most. */
  readonly spent: number;
  readonly most: number;
}
