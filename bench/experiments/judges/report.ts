import type { CalibrationBin } from "@lenity/train";
import type { ProblemSet } from "../harness/problems.ts";
import type { HeadPlan, Labels } from "./head-plan.ts";

export interface LabelCounts {
  readonly problems: ProblemSet;
  readonly tokens: number;
  /** Tokens that must be rejected. */
  readonly wrong: number;
}

/** How well a number finds the tokens that must be rejected, among those that the target would not choose. */
export interface Ranking {
  readonly tokens: number;
  readonly wrong: number;
  /** Areas under the ROC curve; absent without tokens of both classes. */
  readonly area?: number | undefined;
  readonly families: Readonly<Record<string, number | undefined>>;
}

export interface HeadReport extends HeadPlan {
  readonly trained: { readonly tokens: number; readonly wrong: number };
  /** On held-out problems, labelled by spans. */
  readonly heldOut: Ranking & {
    /** Of the head's P(the token must be rejected). */
    readonly calibrationError: number;
    readonly calibration: readonly CalibrationBin[];
    /** Spearman's rank correlation of that probability with the KL, the entropy and the margin of the rows. */
    readonly correlation: Readonly<Record<"kl" | "entropy" | "margin", number | undefined>>;
  };
}

export interface HeadsReport {
  readonly labels: Readonly<Record<Labels | "heldOut", LabelCounts>>;
  readonly heads: readonly HeadReport[];
  /** What needs no training, as the risk of a token: the KL of the two rows, and the target's negative entropy. */
  readonly untrained: Readonly<Record<"kl" | "certainty", Ranking>>;
}
