/** The regression finds the minimum of its loss, which has one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Random, seeded } from "@lenity/core";
import { fitLogistic, type Logistic, logOdds, type Sample, standardise } from "../src/logistic.ts";
import { minimise } from "../src/minimise.ts";
import { normal } from "./normal.ts";

const fit = (samples: readonly Sample[], decay: number, start?: Logistic) =>
  fitLogistic(samples, standardise(samples), decay, start);
const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Correlated states with an offset, whose class depends on a hidden direction. */
function problem(random: Random, count: number, width: number): Sample[] {
  const direction = Array.from({ length: width }, () => normal(random));
  const mix = Array.from({ length: width }, () => Array.from({ length: width }, () => normal(random)));
  return Array.from({ length: count }, () => {
    const x = Array.from({ length: width }, () => normal(random));
    const state = Float32Array.from(mix, (row, i) => 50 * i + row.reduce((sum, m, j) => sum + m * (x[j] as number), 0));
    const score = x.reduce((sum, value, i) => sum + value * (direction[i] as number), -1);
    return { state, positive: random() < sigma(score), weight: 0.5 + random() };
  });
}

/** The gradient of the loss in the weights and the bias, computed from its formula. */
function gradientOf(samples: readonly Sample[], { mean, scale, weight, bias }: Logistic, decay: number): number[] {
  const total = samples.reduce((sum, sample) => sum + sample.weight, 0);
  const gradient = new Array<number>(weight.length + 1).fill(0);
  for (const sample of samples) {
    const x = Array.from(sample.state, (value, i) => (value - (mean[i] as number)) / (scale[i] as number));
    const odds = x.reduce((sum, value, i) => sum + value * (weight[i] as number), bias);
    const slope = (sample.weight / total) * (sigma(odds) - (sample.positive ? 1 : 0));
    for (const [i, value] of [...x, 1].entries()) gradient[i] = (gradient[i] as number) + slope * value;
  }
  return gradient.map((value, i) => value + decay * (weight[i] ?? 0));
}

describe("fitLogistic", () => {
  test("ends where the gradient of the weighted loss is zero, whatever the decay and the start", () => {
    for (let seed = 0; seed < 6; seed++) {
      const samples = problem(seeded(seed), 300, 12);
      let start: Logistic | undefined;
      for (const decay of [1, 0.01, 1e-4]) {
        for (const from of [undefined, start]) {
          const found = fit(samples, decay, from);
          for (const slope of gradientOf(samples, found, decay)) assert.ok(Math.abs(slope) <= 1.001e-4, `${slope}`);
          start = found;
        }
      }
    }
  });
  test("gives the observed odds for a feature that is 0 or 1", () => {
    const samples = [
      ...Array.from({ length: 100 }, (_, i) => ({ state: Float32Array.of(0), positive: i < 10, weight: 1 })),
      ...Array.from({ length: 60 }, (_, i) => ({ state: Float32Array.of(1), positive: i < 45, weight: 1 })),
    ];
    const found = fit(samples, 0);
    assert.ok(Math.abs(sigma(logOdds(found, Float32Array.of(0))) - 0.1) < 1e-3);
    assert.ok(Math.abs(sigma(logOdds(found, Float32Array.of(1))) - 0.75) < 1e-3);
  });
  test("takes a weight of 3 as three equal samples", () => {
    const samples = problem(seeded(9), 80, 4).map((sample, i) => ({ ...sample, weight: i % 5 === 0 ? 3 : 1 }));
    const scaler = standardise(samples);
    const repeated = samples.flatMap((sample) => Array<Sample>(sample.weight).fill({ ...sample, weight: 1 }));
    const [a, b] = [samples, repeated].map((all) => fitLogistic(all, scaler, 0.01)) as [Logistic, Logistic];
    for (const [i, value] of a.weight.entries()) assert.ok(Math.abs(value - (b.weight[i] as number)) < 1e-9);
    assert.ok(Math.abs(a.bias - b.bias) < 1e-9);
  });
  test("does not depend on the unit or the offset of a dimension, and gives a constant one no weight", () => {
    const samples = problem(seeded(5), 200, 5);
    const moved = samples.map((sample) => ({
      ...sample,
      state: Float32Array.from([...sample.state.map((value, i) => (i === 2 ? 1000 * value - 7 : value)), 3.3]),
    }));
    const [a, b] = [fit(samples, 0.01), fit(moved, 0.01)];
    for (const [i, { state }] of samples.entries())
      assert.ok(Math.abs(logOdds(a, state) - logOdds(b, moved[i]?.state as Float32Array)) < 0.02);
    assert.ok(Math.abs(b.weight[5] as number) < 1e-9);
    assert.equal(b.scale[5], 1);
  });
  test("gives the same weights to the bit each time", () => {
    const samples = problem(seeded(1), 200, 8);
    assert.deepEqual(fit(samples, 0.01), fit(samples, 0.01));
  });
});

describe("minimise", () => {
  test("finds the minimum of an ill-conditioned quadratic function", () => {
    const random = seeded(2);
    const [lowest, bends] = [
      Array.from({ length: 20 }, () => normal(random)),
      Array.from({ length: 20 }, (_, i) => 1.3 ** i),
    ];
    const found = minimise(
      (x) => ({
        value: x.reduce((sum, value, i) => sum + ((bends[i] as number) * (value - (lowest[i] as number)) ** 2) / 2, 0),
        gradient: x.map((value, i) => (bends[i] as number) * (value - (lowest[i] as number))),
      }),
      new Float64Array(20),
      { tolerance: 1e-8 },
    );
    for (const [i, value] of found.entries()) assert.ok(Math.abs(value - (lowest[i] as number)) < 1e-7);
  });
});
