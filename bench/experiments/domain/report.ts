import type { Point } from "../harness/point.ts";
import type { ProblemSet } from "../harness/problems.ts";

/** A rule, and whether its judge was trained without the family that it is tested on. */
export interface DomainLine {
  readonly rule: string;
  readonly without: boolean;
  readonly points: readonly { readonly threshold: number; readonly point: Point }[];
}

export interface DomainReport {
  readonly draftTokens: number;
  readonly families: readonly DomainFamily[];
}

export interface DomainFamily {
  readonly family: string;
  readonly problems: ProblemSet;
  readonly strict: Point;
  /** The KL gate first, then each judge with and without the family. */
  readonly lines: readonly DomainLine[];
}
