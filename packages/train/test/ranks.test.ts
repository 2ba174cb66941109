/** ROC-AUC, rank correlation and calibration, against their definitions. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import { calibrationCurve, calibrationError } from "../src/calibration.ts";
import { rankCorrelation, ranks, rocArea } from "../src/ranks.ts";

const near = (found: number | undefined, expected: number) =>
  assert.ok(Math.abs((found as number) - expected) < 1e-12, `${found}, expected ${expected}`);

/** Few different values, so that many are equal. */
const listsOf = (seed: number, length: number, values: number) => {
  const random = seeded(seed);
  const list = () => Array.from({ length }, () => Math.floor(random() * values));
  return { a: list(), b: list(), positive: Array.from({ length }, () => random() < 0.3) };
};

describe("rocArea", () => {
  test("is the share of pairs in the right order, with equal scores as half", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { a: scores, positive } = listsOf(seed, 30, seed % 2 === 0 ? 5 : 1000);
      const [over, under] = [true, false].map((side) => scores.filter((_, i) => positive[i] === side));
      let sum = 0;
      for (const p of over as number[]) for (const n of under as number[]) sum += p > n ? 1 : p === n ? 0.5 : 0;
      if (over?.length === 0) continue;
      near(rocArea(scores, positive), sum / ((over as number[]).length * (under as number[]).length));
    }
  });
  test("is undefined without both classes", () => {
    assert.equal(rocArea([1, 2], [true, true]), undefined);
    assert.equal(rocArea([], []), undefined);
  });
  test("does not need finite scores", () => {
    assert.equal(rocArea([Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY], [false, false, true]), 1);
    assert.equal(rocArea([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], [false, true]), 0.5);
  });
});

describe("rankCorrelation", () => {
  test("is 1 − 6 Σ d² / (n³ − n) where no values are equal", () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seeded(seed);
      const [a, b] = [0, 0].map(() => Array.from({ length: 25 }, random)) as [number[], number[]];
      const place = (list: number[], i: number) => list.filter((value) => value < (list[i] as number)).length;
      const sum = a.reduce((all, _, i) => all + (place(a, i) - place(b, i)) ** 2, 0);
      near(rankCorrelation(a, b), 1 - (6 * sum) / (25 ** 3 - 25));
    }
  });
  test("is the correlation of the ranks where values are equal, and does not change with increasing functions", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { a, b } = listsOf(seed, 40, 6);
      const [x, y] = [ranks(a), ranks(b)];
      const mean = (list: ArrayLike<number>) => Array.from(list).reduce((sum, value) => sum + value, 0) / list.length;
      const product = (u: ArrayLike<number>, v: ArrayLike<number>) =>
        mean(Array.from(u, (value, i) => (value - mean(u)) * ((v[i] as number) - mean(v))));
      const expected = product(x, y) / Math.sqrt(product(x, x) * product(y, y));
      near(rankCorrelation(a, b), expected);
      near(
        rankCorrelation(
          a.map(Math.exp),
          b.map((value) => value ** 3),
        ),
        expected,
      );
      near(
        rankCorrelation(
          a,
          b.map((value) => -value),
        ),
        -expected,
      );
    }
  });
  test("is undefined for a constant", () => assert.equal(rankCorrelation([1, 1, 1], [1, 2, 3]), undefined));
});

describe("calibration", () => {
  test("of predictions that come true as often as they say has a small error, and of others a large one", () => {
    const random = seeded(4);
    const predictions = Array.from({ length: 50_000 }, random);
    const events = predictions.map((prediction) => random() < prediction);
    const curve = calibrationCurve(predictions, events);
    assert.equal(curve.length, 10);
    assert.equal(
      curve.reduce((sum, { count }) => sum + count, 0),
      50_000,
    );
    for (const { from, to, predicted, observed } of curve) {
      assert.ok(from <= predicted && predicted <= to);
      assert.ok(Math.abs(predicted - observed) < 0.03);
    }
    assert.ok(calibrationError(curve) < 0.02);
    const bold = predictions.map((prediction) => (prediction < 0.5 ? 0 : 1));
    // The mean of min(p, 1 − p) over [0, 1] is 1/4.
    assert.ok(Math.abs(calibrationError(calibrationCurve(bold, events)) - 0.25) < 0.01);
  });
  test("puts 1 into the last bin and leaves out empty bins", () => {
    assert.deepEqual(calibrationCurve([1, 0.95, 0], [true, false, false]), [
      { from: 0, to: 0.1, count: 1, predicted: 0, observed: 0 },
      { from: 0.9, to: 1, count: 2, predicted: 0.975, observed: 0.5 },
    ]);
  });
});
