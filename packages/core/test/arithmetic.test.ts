import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  entropy,
  klDivergence,
  logitsEvidence,
  processedRow,
  type Row,
  type Sampling,
  sampling,
  seeded,
  softmax,
  useKernels,
} from "@lenity/core";
import { randomLogits } from "@lenity/core/testing";
import { arithmetic } from "../src/arithmetic/fastest.ts";
import { kernelBytes } from "../src/arithmetic/kernels.ts";
import { plain } from "../src/arithmetic/plain.ts";
import { compileKernels, simdArithmetic } from "../src/arithmetic/simd.ts";
import { type Arithmetic, probabilityOf } from "../src/arithmetic/softmax.ts";

const simd = simdArithmetic(compileKernels() as WebAssembly.Module, 1);
const vocabularies = [2, 3, 5, 31, 32, 33, 1000, 4096, 4097, 9001];

/** Rows that arithmetic in single precision, in blocks, or with a table of exponents could get wrong. */
const shapes: Record<string, (vocabulary: number, seed: number) => Float32Array> = {
  random: (vocabulary, seed) => randomLogits(seed, vocabulary, 4),
  "shifted far from 0": (vocabulary, seed) => randomLogits(seed, vocabulary, 4).map((logit) => logit + 300),
  "all equal": (vocabulary, seed) => new Float32Array(vocabulary).fill(seed - 3),
  "of four values": (vocabulary, seed) => randomLogits(seed, vocabulary, 4).map((logit) => Math.round(logit / 5) * 1.7),
  "one above a flat rest": (vocabulary, seed) =>
    new Float32Array(vocabulary).fill(-7.654321).fill(5.4321 + seed / 7, 1, 2),
  "one-hot": (vocabulary) => new Float32Array(vocabulary).fill(-60).fill(15, vocabulary - 1),
  ascending: (vocabulary) => Float32Array.from({ length: vocabulary }, (_, i) => (70 * i) / vocabulary - 50),
  "half masked": (vocabulary, seed) =>
    randomLogits(seed, vocabulary, 4).map((logit, i) => (i % 2 === 1 ? Number.NEGATIVE_INFINITY : logit)),
  "masked but for one": (vocabulary) => new Float32Array(vocabulary).fill(Number.NEGATIVE_INFINITY).fill(3, 0, 1),
  "with one logit minus infinity": (vocabulary, seed) =>
    randomLogits(seed, vocabulary, 4).fill(Number.NEGATIVE_INFINITY, 1, 2),
  "spread over 1e30": (vocabulary, seed) => randomLogits(seed, vocabulary, 1).map((logit) => logit * 1e30),
  "around 1e30": (vocabulary) => new Float32Array(vocabulary).fill(1e30),
  "near the largest number": (vocabulary) => new Float32Array(vocabulary).fill(3e38),
  denormal: (vocabulary, seed) => randomLogits(seed, vocabulary, 1).map((logit) => logit * 1e-42),
};

const near = (given: number, expected: number, what: string, scale = 1) => {
  assert.ok(given === expected || Math.abs(given - expected) <= 1e-6 * scale, `${what}: ${given}, plainly ${expected}`);
};

function nearRow(given: Row, expected: Row, what: string): void {
  assert.equal(given.length, expected.length);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < given.length; i++) {
    const error = Math.abs((given[i] as number) - (expected[i] as number));
    if (!(error <= worst)) [worst, at] = [error, i];
  }
  near(given[at] as number, expected[at] as number, `${what} at ${at}`);
}

function compare(
  fast: Arithmetic,
  logits: Float32Array,
  others: readonly Float32Array[],
  temperature: number,
  what: string,
): void {
  assert.equal(fast.argmax(logits), plain.argmax(logits), what);
  const [p, reference] = [fast.softmax(logits, temperature), plain.softmax(logits, temperature)];
  assert.equal(p.highest, reference.highest, what);
  assert.equal(p.lowest, reference.lowest, what);
  near(p.sum, reference.sum, `${what}: sum`, reference.sum);
  for (const token of [0, 1, logits.length - 1])
    near(probabilityOf(p, token), plain.row(reference)[token] as number, what);
  nearRow(fast.row(p), plain.row(reference), what);
  near(fast.entropy(p), plain.entropy(reference), `${what}: entropy`, 1 + plain.entropy(reference));
  for (const other of others) {
    const expected = plain.kl(reference, plain.softmax(other, temperature));
    near(fast.kl(p, fast.softmax(other, temperature)), expected, `${what}: kl`, 1 + expected);
  }
}

test("this runtime has SIMD, and evidence uses it", () => {
  assert.notEqual(compileKernels(), undefined);
  assert.notEqual(arithmetic(), plain);
  assert.equal(arithmetic(), arithmetic());
});

test("where WebAssembly is missing or may not be compiled, the plain arithmetic takes over", () => {
  const kept = globalThis.WebAssembly;
  const forbidden = {
    Module: () => assert.fail("Wasm code generation disallowed by embedder"),
    Instance: kept.Instance,
  };
  try {
    for (const value of [undefined, forbidden]) {
      Object.defineProperty(globalThis, "WebAssembly", { value, configurable: true, writable: true });
      assert.equal(compileKernels(), undefined);
    }
  } finally {
    Object.defineProperty(globalThis, "WebAssembly", { value: kept, configurable: true, writable: true });
  }
});

test("kernels.wasm, for workers that import it, holds the kernels", () => {
  const path = new URL("../src/arithmetic/kernels.wasm", import.meta.url);
  // After a change of the kernels: bun packages/core/test/write-kernels.ts
  assert.deepEqual(new Uint8Array(readFileSync(path)), kernelBytes());
  const before = arithmetic();
  useKernels(new WebAssembly.Module(readFileSync(path)));
  assert.notEqual(arithmetic(), before);
  compare(arithmetic(), randomLogits(1, 5000, 4), [randomLogits(2, 5000, 4)], 0.8, "imported");
});

test("a module that is not the kernels' is refused", () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  assert.throws(() => useKernels(empty), { name: "TypeError", message: /"memory".*kernels\.wasm/ });
});

for (const [name, shape] of Object.entries(shapes)) {
  test(`rows ${name}: SIMD equals the plain arithmetic at every size and temperature`, () => {
    for (const vocabulary of vocabularies) {
      const others = [shapes["random"], shapes["one above a flat rest"], shape].map(
        (make) => make?.(vocabulary, 2) as Float32Array,
      );
      for (const temperature of [1, 0.7, 0.01, 30, 1e-40])
        compare(simd, shape(vocabulary, 1), others, temperature, `${vocabulary} ${temperature}`);
    }
  });
}

test("SIMD equals the plain arithmetic at the largest vocabulary in use", () => {
  const names = ["random", "one above a flat rest", "ascending", "with one logit minus infinity"];
  const others = [randomLogits(2, 151_936, 4)];
  for (const name of names)
    compare(arithmetic(), (shapes[name] as (typeof shapes)[string])(151_936, 1), others, 0.8, name);
});

test("no flat rest below a peak, wherever it lies, moves the divergence by more than 1e-6", () => {
  const flat = (rest: number, peak: number) => new Float32Array(2000).fill(rest).fill(peak, 7, 8);
  for (let i = 0; i < 300; i++) {
    const [p, q] = [flat(i / 37 - 20, i / 11 - 12), flat(i / 41 - 20, i / 13 - 12)];
    compare(simd, p, [q], 1 + i / 500, `${i}`);
  }
});

test("logits that are no numbers are refused wherever they stand", () => {
  for (const vocabulary of [3, 1000, 5000]) {
    for (const at of [0, 1, vocabulary - 1]) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const logits = randomLogits(1, vocabulary, 4).fill(value, at, at + 1);
        for (const way of [plain, simd]) {
          assert.throws(() => way.argmax(logits), { code: "bad_logits" });
          assert.throws(() => way.softmax(logits, 1), { code: "bad_logits" });
        }
      }
    }
    const nothing = new Float32Array(vocabulary).fill(Number.NEGATIVE_INFINITY);
    for (const way of [plain, simd]) assert.throws(() => way.softmax(nothing, 1), { code: "bad_logits" });
  }
});

test("a row never exceeds 1 and a certain token has probability 1", () => {
  const row = simd.row(simd.softmax(new Float32Array(1000).fill(-50).fill(20, 3, 4), 1));
  assert.equal(row[3], 1);
  assert.ok(row.every((probability) => probability >= 0 && probability <= 1));
});

const settings: readonly Partial<Sampling>[] = [
  { temperature: 0 },
  { temperature: 1 },
  { temperature: 0.7 },
  { temperature: 0.7, topK: 20 },
  { temperature: 1.3, topP: 0.9 },
  { temperature: 1, minP: 0.05 },
  { temperature: 1, topK: 40, topP: 0.8, minP: 0.02 },
];

test("evidence answers from sums what the rows say, under all sampling settings", () => {
  for (const partial of settings) {
    const full = sampling(partial);
    const [target, drafter] = [randomLogits(5, 3000, 4), randomLogits(6, 3000, 4)];
    const [p, q] = [logitsEvidence(target, 3000, full), logitsEvidence(drafter, 3000, full)];
    for (const kind of ["raw", "processed"] as const) {
      const [rowP, rowQ] =
        kind === "raw"
          ? [softmax(target), softmax(drafter)]
          : [processedRow(target, full), processedRow(drafter, full)];
      near(p.probability(0, 17, kind), rowP[17] as number, "probability");
      near(p.confidence(0, kind), Math.max(...rowP), "confidence");
      // The plain rows are rounded to single precision before their logarithms are taken.
      near(p.entropy(0, kind), entropy(rowP), "entropy", 4);
      near(p.divergence(0, q, "kl", kind), klDivergence(rowP, rowQ), "kl", 4);
      near(p.divergence(0, q, "reverse-kl", kind), klDivergence(rowQ, rowP), "reverse kl", 4);
      nearRow(p.row(0, kind), rowP, "row");
    }
  }
});

test("models of different temperatures are compared row by row", () => {
  const [target, drafter] = [randomLogits(5, 1000, 2), randomLogits(6, 1000, 2)];
  const p = logitsEvidence(target, 1000, sampling({ temperature: 1 }));
  const q = logitsEvidence(drafter, 1000, sampling({ temperature: 2 }));
  near(p.divergence(0, q, "kl"), klDivergence(softmax(target), softmax(drafter, 2)), "kl", 4);
});

test("asking one position reads that position alone", () => {
  const rows = new Float32Array(3 * 1000).fill(Number.NaN);
  rows.set(randomLogits(1, 1000, 4), 1000);
  const p = logitsEvidence(rows, 1000, sampling({ temperature: 1 }));
  assert.ok(
    p.probability(1, 3) > 0 &&
      p.confidence(1) > 0 &&
      p.entropy(1) > 0 &&
      p.argmax(1) >= 0 &&
      p.divergence(1, p, "kl") === 0,
  );
  assert.throws(() => p.probability(0, 3), { code: "bad_logits" });
});

/** Top-k, top-p and min-p as one would write them down: everything sorted. */
function plainProcess(logits: Float32Array, { temperature, topK, topP, minP }: Sampling): Row {
  const row = softmax(logits, temperature);
  const order = Array.from(row.keys())
    .filter((i) => (row[i] as number) > 0)
    .sort((i, j) => (row[j] as number) - (row[i] as number) || i - j);
  const at = (rank: number) => row[order[rank] as number] as number;
  let keep = order.length;
  if (topK > 0 && topK < keep) {
    const least = at(topK - 1);
    keep = topK;
    while (keep < order.length && at(keep) === least) keep++;
  }
  if (topP < 1) {
    let mass = 0;
    for (let rank = 0; rank < keep; rank++) mass += at(rank);
    let reached = 0;
    let rank = 0;
    while (rank < keep && reached < topP * mass) reached += at(rank++);
    keep = Math.max(1, rank);
  }
  while (keep > 1 && at(keep - 1) < minP * at(0)) keep--;
  const kept = new Float32Array(row.length);
  let sum = 0;
  for (let rank = 0; rank < keep; rank++) sum += at(rank);
  for (let rank = 0; rank < keep; rank++) kept[order[rank] as number] = at(rank) / sum;
  return kept;
}

test("top-k, top-p and min-p keep exactly the tokens that sorting the vocabulary keeps", () => {
  const random = seeded(4);
  const pick = (values: readonly number[]) => values[Math.floor(random() * values.length)] as number;
  for (let round = 0; round < 400; round++) {
    const vocabulary = round < 2 ? 151_936 : pick([2, 3, 5, 50, 1000]);
    const full = sampling({
      temperature: pick([0.2, 1, 3]),
      topK: round === 0 ? 50 : pick([0, 0, 1, 3, 40, 2000]),
      topP: pick([1, 0.999999, 0.9, 0.5, 0.01]),
      minP: round < 2 ? 0 : pick([0, 0, 0.01, 0.5, 1]),
    });
    const shape = pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const logits = (Object.values(shapes)[round < 2 ? 0 : shape] as (typeof shapes)[string])(vocabulary, round % 7);
    const [given, expected] = [processedRow(logits, full), plainProcess(logits, full)];
    const what = `round ${round}, ${JSON.stringify(full)}`;
    assert.equal(
      given.findIndex((probability, i) => probability > 0 !== (expected[i] as number) > 0),
      -1,
      what,
    );
    nearRow(given, expected, what);
  }
});
