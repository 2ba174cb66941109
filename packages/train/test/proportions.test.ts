import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { binomialTail, binomialTest, hoeffdingBentkus, signTest, wilson } from "../src/index.ts";

/** n! / (k! (n − k)!) */
function choose(n: number, k: number): bigint {
  let product = 1n;
  for (let i = 0; i < k; i++) product = (product * BigInt(n - i)) / BigInt(i + 1);
  return product;
}

/** P(X ≤ most) with the chance a/b, from whole numbers of any size; 18 digits of it are kept. */
function exactTail(most: number, trials: number, a: number, b: number): number {
  let count = 0n;
  for (let i = 0; i <= most; i++)
    count += choose(trials, i) * BigInt(a) ** BigInt(i) * BigInt(b - a) ** BigInt(trials - i);
  const all = BigInt(b) ** BigInt(trials);
  const shift = Math.max(0, all.toString().length - count.toString().length);
  return Number((count * 10n ** BigInt(shift + 18)) / all) * 10 ** -(shift + 18);
}

const near = (found: number, expected: number, what: string) =>
  assert.ok(Math.abs(found - expected) <= 1e-11 * expected + 1e-15, `${what}: ${found}, not ${expected}`);

test("the binomial tail is that of whole numbers, for few and many trials, in both tails", () => {
  const random = seeded(1);
  for (let i = 0; i < 300; i++) {
    const trials = 1 + Math.floor(random() * (i % 10 === 0 ? 800 : 60));
    const most = Math.floor(random() * (trials + 1));
    const b = 2 + Math.floor(random() * 40);
    const a = 1 + Math.floor(random() * (b - 1));
    near(binomialTail(most, trials, a / b), exactTail(most, trials, a, b), `${most} of ${trials} at ${a}/${b}`);
  }
});

test("the binomial tail of certain and impossible successes, and at its ends", () => {
  assert.deepEqual([binomialTail(3, 5, 0), binomialTail(4, 5, 1), binomialTail(5, 5, 1)], [1, 0, 1]);
  assert.deepEqual([binomialTail(-1, 5, 0.5), binomialTail(5, 5, 0.5), binomialTail(0, 0, 0.5)], [0, 1, 1]);
  near(binomialTail(0, 100_000, 0.001), 0.999 ** 100_000, "far from a loss");
});

test("the sign test adds the probabilities of all outcomes that are as uneven", () => {
  for (let better = 0; better <= 12; better++) {
    for (let worse = 0; worse <= 12; worse++) {
      const pairs = better + worse;
      let uneven = 0n;
      for (let i = 0; i <= pairs; i++)
        if (Math.abs(2 * i - pairs) >= Math.abs(better - worse)) uneven += choose(pairs, i);
      near(signTest(better, worse), Number(uneven) / 2 ** pairs, `${better} and ${worse}`);
    }
  }
  near(signTest(9, 1), 22 / 1024, "9 and 1");
});

test("Wilson's interval holds the shares whose score is at most 1.96", () => {
  for (const [right, all] of [
    [0, 10],
    [3, 10],
    [50, 100],
    [199, 200],
    [20, 20],
  ] as const) {
    const [low, high] = wilson(right, all);
    assert.ok(low >= 0 && high <= 1 && low <= right / all && right / all <= high + 1e-12);
    for (const bound of [low, high]) {
      if (bound < 1e-12 || bound > 1 - 1e-12) continue;
      near(Math.abs(right / all - bound), 1.96 * Math.sqrt((bound * (1 - bound)) / all), `${right} of ${all}`);
    }
  }
});

test("a p-value of losses from 0 to 1 is at most δ in no more than a share δ of samples, at the limit", () => {
  const random = seeded(2);
  /** Losses whose mean is 0.3. */
  const kinds = [
    () => (random() < 0.3 ? 1 : 0),
    () => 0.6 * random(),
    () => (random() < 0.5 ? 0.6 : 0),
    () => random() ** (7 / 3),
  ];
  for (const [kind, loss] of kinds.entries()) {
    const rejected = { 0.05: 0, 0.2: 0 };
    const samples = 3000;
    for (let i = 0; i < samples; i++) {
      let sum = 0;
      for (let n = 0; n < 40; n++) sum += loss();
      const p = hoeffdingBentkus(sum, 40, 0.3);
      assert.ok(p > 0 && p <= 1);
      if (kind === 0) assert.ok(p >= binomialTest(sum, 40, 0.3), "a bound below the exact value");
      for (const delta of [0.05, 0.2] as const) if (p <= delta) rejected[delta]++;
    }
    for (const delta of [0.05, 0.2] as const)
      assert.ok(rejected[delta] / samples <= delta + 3 * Math.sqrt(delta / samples), `${kind}: ${rejected[delta]}`);
  }
});

test("p-values grow with the losses, and without any are (1 − α)ⁿ", () => {
  for (const p of [binomialTest, hoeffdingBentkus]) {
    near(p(0, 30, 0.1), 0.9 ** 30, "no loss");
    for (let sum = 1; sum <= 30; sum++) assert.ok(p(sum, 30, 0.1) >= p(sum - 1, 30, 0.1), `${sum}`);
    assert.equal(p(30, 30, 0.1), 1);
  }
  // h(0.05, 0.1)·100 = 5·ln(½) + 95·ln(95/90) = 1.6705…, and e·P(X ≤ 5) = 0.1565…
  near(hoeffdingBentkus(5, 100, 0.1), Math.E * exactTail(5, 100, 1, 10), "the lower of both bounds");
  near(
    hoeffdingBentkus(0.5, 100, 0.1),
    Math.min(Math.exp(-0.5 * Math.log(0.05) - 99.5 * Math.log(0.995 / 0.9)), Math.E * exactTail(1, 100, 1, 10)),
    "a fraction",
  );
});
