import type { LabelMethod } from "./labels.ts";
import type { Rejection } from "./rejection.ts";

/** Where a head comes from: stored in its file, beside what is needed to use it. */
export interface Provenance {
  /** The names of the models, as they were loaded. */
  readonly target: string;
  readonly draft?: string | undefined;
  readonly labels: readonly LabelFacts[];
  /** The seed of the split into training and validation. */
  readonly seed: number;
  readonly fit: FitReport;
}

/** A label file that a head was trained on. */
export interface LabelFacts {
  /** Its name, without the folder. */
  readonly file: string;
  readonly method: LabelMethod;
  /** Of the file's bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly answers: number;
  readonly tokens: number;
  /** Tokens that must be rejected. */
  readonly wrong: number;
}

/** How a head was trained, and how it does on the validation share. */
export interface FitReport {
  /** The total weight of the tokens that must be rejected, where that of the fine ones is 1. */
  readonly wrongWeight: number;
  /** The weight of a token that the target would choose itself, where that of another is 1. */
  readonly agreedWeight: number;
  /** The L2 decays that were tried, each with the ROC-AUC that it gave. */
  readonly decays: readonly { readonly decay: number; readonly area: number }[];
  /** The one with the highest ROC-AUC. */
  readonly decay: number;
  readonly trained: Counts;
  readonly validation: Counts & {
    /** The tokens that ROC-AUC and recall are measured on: mismatches, or all if one class has no mismatch. */
    readonly over: "mismatches" | "all";
    readonly area: number;
  };
  /** The recall that the preset's threshold was set for. */
  readonly recall: number;
  /** What thresholds for this and other recalls do, on the validation share. */
  readonly thresholds: readonly Rejection[];
}

export interface Counts {
  readonly tokens: number;
  readonly wrong: number;
  /** Tokens that the target would not choose itself. */
  readonly mismatches: number;
}
