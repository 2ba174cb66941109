/** The noise that tokens are drawn by: its law, its independence, and that every runtime has the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawByNoise, seeded, softmax, type Token } from "@lenity/core";
import { randomLogits } from "@lenity/core/testing";
import { exponential, writeNoise } from "../src/noise.ts";

/** How far counts are from what is expected, in standard deviations of a chi-square; cells of less than 5 are joined. */
function deviation(counts: readonly number[], expected: readonly number[]): number {
  let [chi, cells, restCount, restExpected] = [0, -1, 0, 0];
  const add = (count: number, mean: number) => {
    chi += (count - mean) ** 2 / mean;
    cells++;
  };
  for (const [i, mean] of expected.entries()) {
    if (mean >= 5) add(counts[i] as number, mean);
    else [restCount, restExpected] = [restCount + (counts[i] as number), restExpected + mean];
  }
  if (restExpected > 0) add(restCount, restExpected);
  return (chi - cells) / Math.sqrt(2 * cells);
}

/** The deviation of `count` draws from a row. */
function deviationOf(row: Float32Array, count: number, draw: (index: number) => Token): number {
  const counts = new Array<number>(row.length).fill(0);
  for (let i = 0; i < count; i++) (counts[draw(i)] as number)++;
  const total = row.reduce((sum, mass) => sum + mass, 0);
  return deviation(
    counts,
    Array.from(row, (mass) => (count * mass) / total),
  );
}

test("over seeds, and over positions, tokens follow the row: flat, peaked, with zeros, of 2 to 1 000 tokens", () => {
  for (const [at, size] of [2, 3, 6, 40, 1000].entries()) {
    for (const scale of [0, 1, 4]) {
      const logits = randomLogits(at + 1, size, scale);
      if (size > 2) logits[at % size] = Number.NEGATIVE_INFINITY;
      const row = softmax(logits);
      const count = size > 100 ? 40_000 : 200_000;
      const base = 1_000_000 * (at + 1);
      const bySeed = deviationOf(row, count, (i) => drawByNoise(row, base + i, 12));
      const byPosition = deviationOf(row, count, (i) => drawByNoise(row, base, i));
      assert.ok(Math.abs(bySeed) < 5, `${size} tokens, scale ${scale}, over seeds: ${bySeed}`);
      assert.ok(Math.abs(byPosition) < 5, `${size} tokens, scale ${scale}, over positions: ${byPosition}`);
    }
  }
});

test("three draws are independent: at following positions, of following seeds, and of seeds that differ in high bits", () => {
  const rows = [0, 1, 2].map((seed) => softmax(randomLogits(seed + 50, 4, 1)));
  const [a, b, c] = rows as [Float32Array, Float32Array, Float32Array];
  const ways: readonly (readonly [string, (i: number, nth: number) => readonly [number, number]])[] = [
    ["positions", (i, nth) => [i, 7 + nth]],
    ["positions of one long text", (i, nth) => [3, 3 * i + nth]],
    ["seeds", (i, nth) => [i + nth, 40]],
    ["high bits", (i, nth) => [i + nth * 2 ** 32, 40]],
    ["choices of one request", (i, nth) => [i + nth * 0x13c6ef372fe94f, 40]],
    ["seed and position", (i, nth) => [i + nth, 40 + nth]],
  ];
  const count = 200_000;
  const expected = [...a].flatMap((p) => [...b].flatMap((q) => [...c].map((r) => count * p * q * r)));
  for (const [name, at] of ways) {
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < count; i++) {
      const [x, y, z] = rows.map((row, nth) => drawByNoise(row, ...at(i, nth))) as [Token, Token, Token];
      (counts[16 * x + 4 * y + z] as number)++;
    }
    const found = deviation(counts, expected);
    assert.ok(Math.abs(found) < 5, `${name}: ${found}`);
  }
});

test("rare tokens come as often as the row says", () => {
  const row = Float32Array.of(1, 1e-4, 2e-5, 3e-4);
  const found = deviationOf(row, 2_000_000, (i) => drawByNoise(row, i, 3));
  assert.ok(Math.abs(found) < 5, `${found}`);
});

test("the winner stays the winner when others leave, and when it gains", () => {
  const random = seeded(5);
  for (let seed = 0; seed < 300; seed++) {
    const row = softmax(randomLogits(seed, 500, 3));
    const winner = drawByNoise(row, seed, 9);
    const fewer = row.map((mass, token) => (token === winner || random() < 0.5 ? mass : 0));
    assert.equal(drawByNoise(fewer, seed, 9), winner);
    fewer[winner] = 1.5 * (row[winner] as number);
    assert.equal(drawByNoise(fewer, seed, 9), winner);
  }
});

test("the written noise draws the same: the token with the highest quotient of probability and −ln of its number", () => {
  const survivals = new Float64Array(300);
  for (let seed = 0; seed < 500; seed++) {
    const row = softmax(randomLogits(seed, 300, 1 + (seed % 4)));
    writeNoise(survivals, seed, seed % 7);
    assert.ok(survivals.every((number) => number > 0 && number < 1));
    const quotients = Array.from(row, (mass, token) => mass / -Math.log(survivals[token] as number));
    assert.equal(quotients.indexOf(Math.max(...quotients)), drawByNoise(row, seed, seed % 7));
  }
});

test("a token of probability 0 is never drawn, and the only other one always is", () => {
  for (let seed = 0; seed < 200; seed++) {
    const row = new Float32Array(50);
    row[seed % 50] = seed % 3 === 0 ? 1e-45 : 1;
    assert.equal(drawByNoise(row, seed, seed), seed % 50);
  }
});

test("waiting times are −ln(1 − v) to the last digits, from the smallest v to the largest", () => {
  const random = seeded(8);
  const most = 0x7fff_ffff;
  const words = [
    [0, 0],
    [most, most],
    [0, most],
    [most, 0],
    [0x4000_0000, 0],
  ] as [number, number][];
  for (let i = 0; i < 20_000; i++)
    words.push(
      [Math.floor(random() * 2 ** (i % 32)), Math.floor(random() * 2 ** 31)].map((w) => w & most) as [number, number],
    );
  for (const [high, low] of words) {
    const v = (high * 2 ** 21 + (low >>> 10) + 0.5) / 2 ** 52;
    const [found, wanted] = [exponential(high, low), -Math.log1p(-v)];
    assert.ok(Math.abs(found - wanted) <= 1e-15 * wanted, `v ${v}: ${found}, expected ${wanted}`);
  }
});

test("every runtime draws the same tokens", () => {
  const row = Float32Array.from({ length: 20_000 }, (_, token) => ((token * 7919) % 1013) / 1013);
  const seeds = [0, 1, -1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 42];
  const drawn = seeds.flatMap((seed) => [0, 1, 4096].map((position) => drawByNoise(row, seed, position)));
  const expected =
    "12964 15343 3998 7678 9796 2607 19242 12208 9780 941 17951 7664 1202 10439 12118 10104 3886 8250 6783 5832 1599";
  assert.equal(drawn.join(" "), expected);
});

/** The ratio of the noise of tokens 1 and 0, found by how much mass token 1 needs to win. */
function noiseRatio(seed: number, position: number): number {
  let [loses, wins] = [0, 2 ** 60];
  for (;;) {
    const mass = loses + (wins - loses) / 2;
    if (mass === loses || mass === wins) return wins;
    // Masses of more digits than a row has, to see every bit of the noise.
    const row = Float64Array.of(1, mass) as unknown as Float32Array;
    if (drawByNoise(row, seed, position) === 1) wins = mass;
    else loses = mass;
  }
}

test("every runtime has the same noise, to the last bit", () => {
  const ratios = [0, 1, 2, 3].flatMap((seed) => [10, 11, 12].map((position) => noiseRatio(seed, position)));
  assert.deepEqual(
    ratios,
    [
      0.5966098416072809, 2.844970072384044, 1.37968335425328, 4.9984823629157304, 0.21761113575837385,
      1.7964936629574282, 0.7647406253084132, 0.37420989269028027, 2.384215976993421, 7.999357610231893,
      1.3634342322204624, 5.965252549342976,
    ],
  );
});
