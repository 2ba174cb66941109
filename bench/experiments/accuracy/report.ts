import type { Policy } from "@lenity/core";
import type { Point } from "../harness/point.ts";
import type { ProblemSet } from "../harness/problems.ts";

/** A rule with one option that varies. */
export interface Line {
  readonly rule: string;
  readonly panel: Panel;
  /** The name of the option and its unit. */
  readonly option: string;
  readonly points: readonly LinePoint[];
}

export interface LinePoint {
  /** The option's value. */
  readonly value: string;
  readonly policy: Policy;
  readonly point: Point;
  /** Plain decoding at temperature 1, with the tokens that the rule may accept. */
  readonly baseline?: Point | undefined;
}

export const panels = ["Two rows compared", "Trained judges", "Sets of good tokens", "An unsure target"] as const;
export type Panel = (typeof panels)[number];

export interface AccuracyReport {
  readonly draftTokens: number;
  readonly problems: ProblemSet;
  readonly plain: Point;
  readonly strict: Point;
  /** Plain decoding at temperature 1. */
  readonly sampled: Point;
  /** Problems whose answers under strict verification and in plain decoding differ in the counts that are kept. */
  readonly strictDiffers: number;
  readonly lines: readonly Line[];
}
