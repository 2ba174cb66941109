import type { Point } from "../harness/point.ts";
import type { ProblemSet } from "../harness/problems.ts";

/** A rule with or without the guard, by the length of blocks. */
export interface LengthRule {
  readonly rule: string;
  readonly guarded: boolean;
  readonly points: readonly { readonly draftTokens: number; readonly point: Point }[];
}

export interface LengthReport {
  readonly problems: ProblemSet;
  /** Strict first. */
  readonly lines: readonly LengthRule[];
}
