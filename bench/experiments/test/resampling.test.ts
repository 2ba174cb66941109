import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { coverageOf, transferOf } from "../calibration/resampling.ts";

const values = [1, 2, 3];
/** Losses of 1000 problems with these risks. */
const losses = (risks: readonly number[]) =>
  risks.map((risk) => Array.from({ length: 1000 }, (_, i) => (i < 1000 * risk ? 1 : 0)));
const options = { delta: 0.1, prompts: 200, resamplings: 100 };

test("calibration with a test keeps its promise, and by the mean loss it does not, where a value is just above α", async () => {
  const found = await coverageOf(losses([0.01, 0.055, 0.3]), values, { ...options, alphas: [0.05], random: seeded(1) });
  const [tested, observed] = found as [(typeof found)[number], (typeof found)[number]];
  assert.deepEqual([tested.how, observed.how], ["tested", "observed"]);
  assert.ok(tested.covered >= 0.9);
  // The mean of 200 losses with a risk of 5.5 % is at most 5 % in about two of five draws.
  assert.ok(observed.covered > 0.4 && observed.covered < 0.8);
});

test("without a value that passes there is no risk, and all stay strict", async () => {
  const [tested] = await coverageOf(losses([0.5, 0.6, 0.7]), values, { ...options, alphas: [0.05], random: seeded(1) });
  assert.deepEqual(tested, { alpha: 0.05, how: "tested", covered: 1, none: 100, mean: 0, low: 0, high: 0 });
});

test("a value calibrated on one family has its loss in the others, and few problems choose none", async () => {
  const familyOf = Array.from({ length: 110 }, (_, i) => (i < 50 ? "a" : i < 100 ? "b" : "c"));
  const own = values.map((value) => familyOf.map((family) => (family === "b" && value > 1 ? 1 : 0)));
  const found = await transferOf(own, values, { familyOf, alpha: 0.1, delta: 0.1 });
  assert.deepEqual(found, [
    { from: "a", value: 3, risk: { a: 0, b: 1, c: 0 } },
    { from: "b", value: 1, risk: { a: 0, b: 0, c: 0 } },
    { from: "c", risk: { a: 0, b: 0, c: 0 } },
  ]);
});
