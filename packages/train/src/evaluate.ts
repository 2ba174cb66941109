/** How well a head does on labelled tokens. */
import { type CalibrationBin, calibrationCurve, calibrationError } from "./calibration.ts";
import type { Example } from "./example.ts";
import { presetThresholds, riskOf, scoreOf, type TrainedHead } from "./head.ts";
import { rankCorrelation, rocArea } from "./ranks.ts";
import { type Rejection, rejection } from "./rejection.ts";

/** The measures of some tokens. The risk is the head's P(the token must be rejected), for heads of either kind. */
export interface Measures {
  readonly tokens: number;
  /** Tokens that must be rejected. */
  readonly wrong: number;
  /** ROC-AUC of the risk. Undefined without tokens of both classes. */
  readonly area: number | undefined;
  /** At the preset's and the given thresholds, in ascending order. */
  readonly thresholds: readonly Rejection[];
  /** Of the risk. */
  readonly calibration: readonly CalibrationBin[];
  /** The expected calibration error of the risk. */
  readonly calibrationError: number;
  /**
   * Spearman's rank correlation of the risk with KL(target‖draft), with the entropy of the target, and with the margin
   * between its two best log-probabilities. Undefined if one of them is the same everywhere, and `kl` without a draft.
   */
  readonly correlation: Readonly<Record<"kl" | "entropy" | "margin", number | undefined>>;
}

export interface Evaluation {
  readonly all: Measures;
  /** Of the tokens that the target would not choose itself: those that greedy verification asks a judge about. */
  readonly mismatches: Measures | undefined;
  /** Of each group, if there are several. */
  readonly groups: Readonly<Record<string, Measures>>;
}

/** `thresholds` are those to add to the preset's, 0 to 1. */
export function evaluate(
  head: TrainedHead,
  examples: readonly Example[],
  thresholds: readonly number[] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95],
): Evaluation {
  const levels = [...new Set([...thresholds, presetThresholds[head.kind]])].sort((a, b) => a - b);
  const measure = (some: readonly Example[]) => measuresOf(head, some, levels);
  const mismatches = examples.filter(({ same }) => !same);
  const groups = [...Map.groupBy(examples, ({ group }) => group ?? "")].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    all: measure(examples),
    mismatches: mismatches.length === 0 ? undefined : measure(mismatches),
    groups: Object.fromEntries(groups.length < 2 ? [] : groups.map(([name, own]) => [name, measure(own)])),
  };
}

function measuresOf(head: TrainedHead, examples: readonly Example[], thresholds: readonly number[]): Measures {
  const risks = examples.map(({ state }) => riskOf(head.kind, scoreOf(head, state)));
  const wrong = examples.map(({ fine }) => !fine);
  const calibration = calibrationCurve(risks, wrong);
  const hasKl = examples.every(({ kl }) => !Number.isNaN(kl));
  const against = (name: "kl" | "entropy" | "margin") =>
    rankCorrelation(
      risks,
      examples.map((example) => example[name]),
    );
  return {
    tokens: examples.length,
    wrong: wrong.filter(Boolean).length,
    area: rocArea(risks, wrong),
    thresholds: thresholds.map((threshold) => rejection(head, examples, threshold)),
    calibration,
    calibrationError: calibrationError(calibration),
    correlation: { kl: hasKl ? against("kl") : undefined, entropy: against("entropy"), margin: against("margin") },
  };
}
