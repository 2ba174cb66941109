/** Predictions between two probabilities, and how often the event occurred. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The mean prediction. */
  readonly predicted: number;
  /** The share of events. */
  readonly observed: number;
}

/** The calibration curve: bins of equal width, without empty ones. Predictions are 0 to 1. */
export function calibrationCurve(
  predictions: readonly number[],
  events: readonly boolean[],
  bins = 10,
): CalibrationBin[] {
  const binOf = (prediction: number) => Math.min(bins - 1, Math.floor(prediction * bins));
  const groups = Map.groupBy(predictions.keys(), (i) => binOf(predictions[i] as number));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([bin, members]) => ({
      from: bin / bins,
      to: (bin + 1) / bins,
      count: members.length,
      predicted: members.reduce((sum, i) => sum + (predictions[i] as number), 0) / members.length,
      observed: members.filter((i) => events[i]).length / members.length,
    }));
}

/**
 * The expected calibration error: the mean distance between prediction and share of events, weighted by the size of the
 * bins (Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning). 0 to 1.
 */
export function calibrationError(curve: readonly CalibrationBin[]): number {
  const total = curve.reduce((sum, { count }) => sum + count, 0);
  return curve.reduce((sum, { count, predicted, observed }) => sum + count * Math.abs(predicted - observed), 0) / total;
}
