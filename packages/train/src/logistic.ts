/** Weighted logistic regression with L2 decay on standardised states. Deterministic. */
import { minimise, type Slope } from "./minimise.ts";
import { addScaled, dot } from "./vectors.ts";

/** P(positive) = σ(weight · (state − mean)/scale + bias). */
export interface Logistic {
  /** Of each dimension over the samples. */
  readonly mean: Float64Array;
  /** The standard deviation of each dimension; 1 where it is constant. */
  readonly scale: Float64Array;
  readonly weight: Float64Array;
  readonly bias: number;
}

/** A state, its class, and its weight in the loss, at least 0. */
export interface Sample {
  readonly state: Float32Array;
  readonly positive: boolean;
  readonly weight: number;
}

/** Mean and scale of the states; all have the same width. */
export function standardise(samples: readonly Pick<Sample, "state">[]): Pick<Logistic, "mean" | "scale"> {
  const width = samples[0]?.state.length ?? 0;
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (const { state } of samples) for (let i = 0; i < width; i++) mean[i] = at(mean, i) + at(state, i);
  for (let i = 0; i < width; i++) mean[i] = at(mean, i) / samples.length;
  for (const { state } of samples)
    for (let i = 0; i < width; i++) scale[i] = at(scale, i) + (at(state, i) - at(mean, i)) ** 2;
  for (let i = 0; i < width; i++) {
    const deviation = Math.sqrt(at(scale, i) / samples.length);
    // What is left of a constant after rounding is no information.
    scale[i] = deviation > 1e-6 * Math.abs(at(mean, i)) ? deviation : 1;
  }
  return { mean, scale };
}

/**
 * Minimises the weighted mean of the log loss plus decay/2·|weight|², by L-BFGS from `start` (default: zeros). The
 * states are not copied: the scaler is applied to the weights.
 */
export function fitLogistic(
  samples: readonly Sample[],
  { mean, scale }: Pick<Logistic, "mean" | "scale">,
  decay: number,
  start?: Logistic,
): Logistic {
  const width = mean.length;
  const slope = lossOf(samples, { mean, scale }, decay);
  const parameters = new Float64Array(width + 1); // the bias is last
  if (start !== undefined) parameters.set([...start.weight, start.bias]);
  const best = minimise(slope, parameters);
  return { mean, scale, weight: best.slice(0, width), bias: at(best, width) };
}

/** The score before σ: the log odds of the positive class. */
export function logOdds({ mean, scale, weight, bias }: Logistic, state: Float32Array): number {
  let sum = bias;
  for (let i = 0; i < weight.length; i++) sum += (at(weight, i) * (at(state, i) - at(mean, i))) / at(scale, i);
  return sum;
}

function lossOf(
  samples: readonly Sample[],
  { mean, scale }: Pick<Logistic, "mean" | "scale">,
  decay: number,
): (parameters: Float64Array) => Slope {
  const width = mean.length;
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  return (parameters) => {
    const folded = Float64Array.from(mean, (_, i) => at(parameters, i) / at(scale, i));
    const bias = at(parameters, width) - dot(folded, mean);
    const gradient = new Float64Array(width);
    let value = 0;
    let all = 0;
    for (const { state, positive, weight } of samples) {
      const odds = bias + dot(folded, state);
      value += weight * (Math.log1p(Math.exp(-Math.abs(odds))) + Math.max(0, odds) - (positive ? odds : 0));
      const error = weight * (1 / (1 + Math.exp(-odds)) - (positive ? 1 : 0));
      all += error;
      addScaled(gradient, state, error);
    }
    value /= total;
    for (let i = 0; i < width; i++) {
      gradient[i] = (at(gradient, i) - at(mean, i) * all) / at(scale, i) / total + decay * at(parameters, i);
      value += (decay / 2) * at(parameters, i) ** 2;
    }
    return { value, gradient: Float64Array.of(...gradient, all / total) };
  };
}

const at = (values: Float64Array | Float32Array, i: number): number => values[i] as number;
