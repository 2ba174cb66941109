import type { ProblemSet } from "../harness/problems.ts";

export interface CalibrationReport {
  readonly problems: ProblemSet;
  readonly draftTokens: number;
  readonly delta: number;
  /** How many problems each resampling draws, with replacement. */
  readonly prompts: number;
  readonly resamplings: number;
  readonly seed: number;
  /** α where a family's own problems calibrate. */
  readonly transferAlpha: number;
  readonly rules: readonly RuleRisk[];
}

/** The risk of a value is the share of problems that strict verification solves and the rule does not. */
export interface RuleRisk {
  readonly rule: string;
  readonly option: string;
  /** From strict to loose. The other lists are in this order. */
  readonly values: readonly number[];
  readonly tokensPerPass: readonly number[];
  readonly risk: readonly number[];
  readonly families: Readonly<Record<string, readonly number[]>>;
  readonly coverage: readonly Coverage[];
  readonly transfer: readonly Transfer[];
}

/** What one way to choose a value gives over all resamplings. */
export interface Coverage {
  readonly alpha: number;
  /** tested: Learn then Test. observed: the loosest value whose mean loss in the resampling is at most α. */
  readonly how: "tested" | "observed";
  /** The share of resamplings whose value has a risk of at most α; strict verification, if none was chosen, has 0. */
  readonly covered: number;
  /** Resamplings without a value. */
  readonly none: number;
  /** The mean risk of the chosen values, and the 5th and 95th percentile. */
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A value calibrated on one family's problems, and its risk in each family. */
export interface Transfer {
  readonly from: string;
  /** Absent if none passed, which leaves strict verification. */
  readonly value?: number | undefined;
  readonly risk: Readonly<Record<string, number>>;
}
