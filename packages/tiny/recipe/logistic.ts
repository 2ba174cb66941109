/** Logistic regression on hidden states, used for the judge and the AutoJudge head. */
import type { Random } from "@lenity/core";

/** A hidden state, its class, and its weight in the loss. */
export interface Sample {
  readonly state: Float32Array;
  readonly label: boolean;
  readonly weight: number;
}

/** P(label) = σ(weight · (state − mean)/scale + bias). */
export interface Logistic {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly weight: Float64Array;
  readonly bias: number;
}

export interface FitOptions {
  readonly random: Random;
  /** L2 regularization of the weights. Default 1e-4. */
  readonly decay?: number | undefined;
}

/** Fits a logistic regression with Adam on standardised states. */
export function fitLogistic(samples: readonly Sample[], { random, decay = 1e-4 }: FitOptions): Logistic {
  const width = (samples[0] as Sample).state.length;
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (const { state } of samples)
    for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) + (state[i] as number) / samples.length;
  for (const { state } of samples) {
    for (let i = 0; i < width; i++)
      scale[i] = (scale[i] as number) + ((state[i] as number) - (mean[i] as number)) ** 2 / samples.length;
  }
  for (let i = 0; i < width; i++) scale[i] = Math.sqrt(scale[i] as number) + 1e-6;
  const inputs = samples.map(({ state }) =>
    Float64Array.from(state, (value, i) => (value - (mean[i] as number)) / (scale[i] as number)),
  );

  const weight = new Float64Array(width + 1); // the bias is last
  const [first, second] = [new Float64Array(width + 1), new Float64Array(width + 1)];
  const order = samples.map((_, i) => i);
  const [epochs, batch] = [25, 64];
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    for (let start = 0; start < order.length; start += batch) {
      const gradient = new Float64Array(width + 1);
      let total = 0;
      for (const index of order.slice(start, start + batch)) {
        const x = inputs[index] as Float64Array;
        const { label, weight: importance } = samples[index] as Sample;
        let score = weight[width] as number;
        for (let i = 0; i < width; i++) score += (weight[i] as number) * (x[i] as number);
        const slope = importance * (1 / (1 + Math.exp(-score)) - (label ? 1 : 0));
        total += importance;
        for (let i = 0; i < width; i++) gradient[i] = (gradient[i] as number) + slope * (x[i] as number);
        gradient[width] = (gradient[width] as number) + slope;
      }
      step++;
      const rate = 3e-3 * (1 - epoch / epochs);
      for (let i = 0; i <= width; i++) {
        const g = (gradient[i] as number) / total + (i < width ? decay * (weight[i] as number) : 0);
        first[i] = 0.9 * (first[i] as number) + 0.1 * g;
        second[i] = 0.999 * (second[i] as number) + 0.001 * g * g;
        const unbiased =
          (first[i] as number) / (1 - 0.9 ** step) / (Math.sqrt((second[i] as number) / (1 - 0.999 ** step)) + 1e-8);
        weight[i] = (weight[i] as number) - rate * unbiased;
      }
    }
  }
  return { mean, scale, weight: weight.slice(0, width), bias: weight[width] as number };
}
