import assert from "node:assert/strict";
import { test } from "node:test";
import {
  argmax,
  divergence,
  draw,
  logitsEvidence,
  processedRow,
  residual,
  sampling,
  seeded,
  softmax,
} from "@lenity/core";
import { randomLogits } from "@lenity/core/testing";

const round = (row: ArrayLike<number>) => Array.from(row, (value) => Math.round(value * 1000) / 1000);
const logits = Float32Array.from([Math.log(0.5), Math.log(0.25), Math.log(0.15), Math.log(0.1)]);

test("temperature 0 puts everything on the lowest id among the highest logits", () => {
  assert.deepEqual([...processedRow(Float32Array.from([1, 5, 5, 2]), sampling({ temperature: 0 }))], [0, 1, 0, 0]);
});

test("temperature, top-k, top-p and min-p shape the row as documented", () => {
  assert.deepEqual(round(processedRow(logits, sampling({ temperature: 1 }))), [0.5, 0.25, 0.15, 0.1]);
  assert.deepEqual(round(processedRow(logits, sampling({ temperature: 0.5 }))), [0.725, 0.181, 0.065, 0.029]);
  assert.deepEqual(round(processedRow(logits, sampling({ temperature: 1, topK: 2 }))), [0.667, 0.333, 0, 0]);
  assert.deepEqual(round(processedRow(logits, sampling({ temperature: 1, topP: 0.8 }))), [0.556, 0.278, 0.167, 0]);
  assert.deepEqual(round(processedRow(logits, sampling({ temperature: 1, topP: 0.01 }))), [1, 0, 0, 0]);
  assert.deepEqual(round(processedRow(logits, sampling({ temperature: 1, minP: 0.29 }))), [0.556, 0.278, 0.167, 0]);
  assert.deepEqual(
    round(processedRow(Float32Array.from([1, 2, 2, 2]), sampling({ temperature: 1, topK: 2 }))),
    [0, 0.333, 0.333, 0.333],
  );
});

test("huge logits, minus infinity and denormals give a row that sums to 1", () => {
  for (const row of [
    [1e38, -1e38, 1e38],
    [Number.NEGATIVE_INFINITY, 0, -1e30],
    [1e-42, 2e-42, 0],
  ]) {
    const result = softmax(Float32Array.from(row));
    assert.ok(Math.abs(result.reduce((a, b) => a + b, 0) - 1) < 1e-6);
  }
});

test("logits that are no numbers are refused", () => {
  for (const row of [[0, Number.NaN], [Number.NEGATIVE_INFINITY], [Number.POSITIVE_INFINITY, 0]]) {
    assert.throws(() => argmax(Float32Array.from(row)), { code: "bad_logits" });
  }
});

test("settings out of range name themselves", () => {
  assert.throws(() => sampling({ topP: 0 }), /topP is 0; expected/);
  assert.throws(() => sampling({ topK: 1.5 }), /topK is 1.5; expected/);
  assert.throws(() => sampling({ minP: 2 }), /minP is 2; expected/);
  assert.throws(() => sampling({ temperature: -1 }), /temperature is -1; expected/);
});

test("draw follows the cumulative mass and never takes a token of probability 0", () => {
  const row = Float32Array.from([0, 0.25, 0, 0.75, 0]);
  assert.equal(draw(row, 0), 1);
  assert.equal(draw(row, 0.2499), 1);
  assert.equal(draw(row, 0.25), 3);
  assert.equal(draw(row, 1 - 2 ** -53), 3);
});

test("the generator is uniform, and seeds that differ anywhere give other numbers", () => {
  const random = seeded(42);
  const bins = new Float64Array(16);
  for (let i = 0; i < 160_000; i++) {
    const bin = Math.floor(random() * 16);
    bins[bin] = (bins[bin] as number) + 1;
  }
  const square = bins.reduce((sum, seen) => sum + (seen - 10_000) ** 2 / 10_000, 0);
  assert.ok(square < 45, `chi-square ${square} with 15 degrees of freedom`);
  const firsts = new Set([0, 1, 2, -1, 2 ** 32, 2 ** 40, 2 ** 53 - 1].map((seed) => seeded(seed)()));
  assert.equal(firsts.size, 7);
});

test("the residual is the normalised excess of p over q, and p where they are equal", () => {
  assert.deepEqual(round(residual(Float32Array.from([0.5, 0.3, 0.2]), Float32Array.from([0.2, 0.6, 0.2]))), [1, 0, 0]);
  const p = Float32Array.from([0.5, 0.5]);
  assert.deepEqual(residual(p, p), p);
});

test("divergences have their textbook values", () => {
  const [p, q] = [Float32Array.from([0.5, 0.5, 0]), Float32Array.from([0.25, 0.25, 0.5])];
  assert.ok(Math.abs(divergence(p, q, "kl") - Math.log(2)) < 1e-6);
  assert.equal(divergence(p, q, "reverse-kl"), Number.POSITIVE_INFINITY);
  assert.ok(Math.abs(divergence(p, q, "tv") - 0.5) < 1e-6);
  assert.ok(
    Math.abs(divergence(p, q, "js") - (0.5 * Math.log(2 / 1.5) + 0.25 * Math.log(0.5 / 0.75) + 0.25 * Math.log(2))) <
      1e-6,
  );
  for (const measure of ["kl", "reverse-kl", "js", "tv"] as const) assert.equal(divergence(p, p, measure), 0);
});

test("evidence from logits equals the plain computation, and greedy questions need no row", () => {
  const rows = Float32Array.from([...randomLogits(1, 50, 3), ...randomLogits(2, 50, 3)]);
  const other = Float32Array.from([...randomLogits(3, 50, 3), ...randomLogits(4, 50, 3)]);
  const [p, q] = [
    logitsEvidence(rows, 50, sampling({ temperature: 0.7 })),
    logitsEvidence(other, 50, sampling({ temperature: 0.7 })),
  ];
  const [rawP, rawQ] = [softmax(rows.slice(50)), softmax(other.slice(50))];
  assert.ok(Math.abs(p.divergence(1, q, "kl", "raw") - divergence(rawP, rawQ, "kl")) < 1e-5);
  assert.equal(p.confidence(1, "raw"), Math.max(...rawP));
  assert.equal(p.argmax(1), rawP.indexOf(Math.max(...rawP)));
  assert.throws(() => p.row(2), /Position 2 is out of range; the evidence has 2/);
  const greedy = logitsEvidence(rows, 50, sampling());
  assert.equal(greedy.probability(0, greedy.argmax(0)), 1);
  assert.equal(greedy.confidence(0), 1);
  assert.equal(greedy.entropy(0), 0);
});
