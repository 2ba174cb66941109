/** Trains a head on labelled tokens. */
import { type HeadStates, LenityError, type Random } from "@lenity/core";
import type { Example } from "./example.ts";
import { type HeadKind, presetThresholds, riskOf, type TrainedHead } from "./head.ts";
import { fitLogistic, type Logistic, logOdds, type Sample, standardise } from "./logistic.ts";
import type { Counts, FitReport } from "./provenance.ts";
import { rocArea } from "./ranks.ts";
import { rejection } from "./rejection.ts";
import { split } from "./split.ts";
import { oddsFor } from "./threshold.ts";

export interface FitOptions extends HeadStates {
  readonly kind: HeadKind;
  /** Chooses the fifth of the prompts that is for validation. */
  readonly random: Random;
  /**
   * The share of the tokens that must be rejected, and are, at the preset's threshold, above 0, at most 1. Default
   * 0.95.
   */
  readonly recall?: number | undefined;
  /** The L2 decays to try, from which ROC-AUC chooses. Default 1, 0.1, … 0.0001. */
  readonly decays?: readonly number[] | undefined;
  /** The total weight of the tokens that must be rejected, where that of the fine ones is 1. Default 1. */
  readonly wrongWeight?: number | undefined;
  /**
   * The weight of a token that the target would choose itself, where that of another is 1. Default 0.1: greedy
   * verification accepts such tokens without the judge.
   */
  readonly agreedWeight?: number | undefined;
}

export interface Fit {
  readonly head: TrainedHead;
  readonly report: FitReport;
}

/** The other recalls that a report gives thresholds for. */
const otherRecalls = [0.8, 0.9, 0.95, 0.99];

/**
 * A weighted logistic regression on standardised states, with the decay and the threshold chosen on the validation
 * share. The bias is then moved so that the threshold is the preset's, 0.5 for `judge` and 0.1 for `autojudge`. Throws
 * `invalid_request` if either share lacks fine tokens or tokens that must be rejected.
 */
export function fitHead(examples: readonly Example[], options: FitOptions): Fit {
  const { kind, random, recall = 0.95, wrongWeight = 1, agreedWeight = 0.1 } = options;
  const { training, validation } = split(examples, random);
  checkClasses(
    training.filter(({ same }) => !same || agreedWeight > 0),
    "training",
  );
  checkClasses(validation, "validation");
  const mismatches = validation.filter(({ same }) => !same);
  const over = hasBoth(mismatches) ? "mismatches" : "all";
  const measured = over === "all" ? validation : mismatches;

  const samples = weighted(training, wrongWeight, agreedWeight);
  const { decay, area, decays, logistic } = chooseDecay(
    samples,
    measured,
    options.decays ?? [1, 0.1, 0.01, 1e-3, 1e-4],
  );
  const odds = measured.map(({ state }) => logOdds(logistic, state));
  const shift = logit(riskOf(kind, presetThresholds[kind])) - oddsFor(recall, odds, measured);
  const head = headOf(options, { ...logistic, bias: logistic.bias + shift });

  const thresholdOf = (share: number) => {
    const exact = riskOf(kind, 1 / (1 + Math.exp(-oddsFor(share, odds, measured) - shift)));
    return Number(exact.toPrecision(6));
  };
  const thresholds = [...new Set([...otherRecalls.map(thresholdOf), presetThresholds[kind]])];
  const report: FitReport = {
    wrongWeight,
    agreedWeight,
    decays,
    decay,
    trained: counts(training),
    validation: { ...counts(validation), over, area },
    recall,
    thresholds: thresholds
      .map((threshold) => rejection(head, measured, threshold))
      .sort((a, b) => (a.recall as number) - (b.recall as number)),
  };
  return { head, report };
}

const hasBoth = (examples: readonly Example[]): boolean => new Set(examples.map(({ fine }) => fine)).size === 2;

function checkClasses(examples: readonly Example[], use: string): void {
  if (hasBoth(examples)) return;
  const { tokens, wrong } = counts(examples);
  throw new LenityError(
    "invalid_request",
    `Of the labelled tokens for ${use}, ${tokens - wrong} are fine and ${wrong} must be rejected; expected some of both. Label more prompts.`,
  );
}

/** Samples of the class "must be rejected", with weights. */
function weighted(examples: readonly Example[], wrongWeight: number, agreedWeight: number): Sample[] {
  const weightOf = ({ same }: Example) => (same ? agreedWeight : 1);
  let [fineTotal, wrongTotal] = [0, 0];
  for (const example of examples) {
    if (example.fine) fineTotal += weightOf(example);
    else wrongTotal += weightOf(example);
  }
  return examples.map((example) => ({
    state: example.state,
    positive: !example.fine,
    weight: weightOf(example) / (example.fine ? fineTotal : wrongTotal / wrongWeight),
  }));
}

/** Fits with each decay, from the strongest on, and takes the one with the highest ROC-AUC. */
function chooseDecay(samples: readonly Sample[], measured: readonly Example[], decays: readonly number[]) {
  const scaler = standardise(samples);
  const wrong = measured.map(({ fine }) => !fine);
  let logistic: Logistic | undefined;
  const fits = decays
    .toSorted((a, b) => b - a)
    .map((decay) => {
      logistic = fitLogistic(samples, scaler, decay, logistic);
      const odds = measured.map(({ state }) => logOdds(logistic as Logistic, state));
      return { decay, logistic, area: rocArea(odds, wrong) as number };
    });
  const best = fits.reduce((best, fit) => (fit.area > best.area ? fit : best));
  return { ...best, decays: fits.map(({ decay, area }) => ({ decay, area })) };
}

/** The head's weights, from a regression on "must be rejected". The scaler is folded into those of a judge. */
function headOf(
  { kind, features = "target", hidden, draftHidden }: FitOptions,
  { mean, scale, weight, bias }: Logistic,
): TrainedHead {
  const states = { features, hidden, ...(features === "target" ? {} : { draftHidden: draftHidden ?? hidden }) };
  if (kind === "autojudge") {
    const standard = { mean: short(mean), scale: short(scale), weight: short(weight), bias: shorten(bias) };
    return { kind, weights: { ...states, ...standard } };
  }
  const folded = weight.map((value, i) => -value / (scale[i] as number));
  const moved = folded.reduce((sum, value, i) => sum - value * (mean[i] as number), -bias);
  return { kind, weights: { ...states, weight: short(folded), bias: shorten(moved) } };
}

/** Seven digits, as many as the states have. */
const shorten = (value: number): number => Number(value.toPrecision(7));
const short = (values: Float64Array): number[] => Array.from(values, shorten);

const logit = (p: number): number => Math.log(p / (1 - p));

const counts = (examples: readonly Example[]): Counts => ({
  tokens: examples.length,
  wrong: examples.filter(({ fine }) => !fine).length,
  mismatches: examples.filter(({ same }) => !same).length,
});
