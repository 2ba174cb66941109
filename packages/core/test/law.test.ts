import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DecodeOptions,
  decode,
  exact,
  judge,
  kl,
  modelDrafter,
  or,
  processedRow,
  type Sampling,
  sampling,
  sd,
  seeded,
  softmax,
  type Token,
  type Verifier,
} from "@lenity/core";
import { chainLaw, noisyModel, oneStepLaw, randomLogits, randomModel } from "@lenity/core/testing";

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

/** Rows of many shapes: smooth, peaked, with zeros, with equal logits. */
function row(seed: number, size: number): Float32Array {
  const logits = randomLogits(seed, size, [0.5, 2, 8][seed % 3] as number);
  if (seed % 5 === 2) logits[(seed + 1) % size] = logits[(seed + 2) % size] as number;
  if (seed % 4 === 1) logits[seed % size] = Number.NEGATIVE_INFINITY;
  return logits;
}

const settings: readonly Partial<Sampling>[] = [
  {},
  { temperature: 0.6 },
  { temperature: 1.3, topK: 3 },
  { topP: 0.8 },
  { minP: 0.15 },
];

test("sd emits exactly the target's row on hundreds of random rows, whatever the sampling settings", async () => {
  let largest = 0;
  for (let seed = 0; seed < 400; seed++) {
    const size = 2 + (seed % 11);
    const [p, q] = [row(seed, size), row(seed + 10_000, size)];
    const chosen = settings[seed % settings.length] as Partial<Sampling>;
    largest = Math.max(
      largest,
      worst(await oneStepLaw(sd(), p, q, chosen), processedRow(p, sampling({ temperature: 1, ...chosen }))),
    );
  }
  assert.ok(largest <= 1e-5, `largest difference ${largest}`);
});

test("or(sd, kl) emits q where the gate opens and exactly p elsewhere", async () => {
  let opened = 0;
  for (let seed = 0; seed < 300; seed++) {
    const [p, q] = [
      row(seed, 6),
      seed % 2 === 0 ? row(seed + 10_000, 6) : row(seed, 6).map((value, i) => value + 0.4 * Math.sin(i + seed)),
    ];
    const gate = kl({ threshold: 0.2, maxConfidence: 0.9, rows: "processed" });
    const law = await oneStepLaw(or(sd(), gate), p, q);
    const [rowP, rowQ] = [softmax(p), softmax(q)];
    const distance = rowP.reduce((sum, a, i) => sum + (a > 0 ? a * Math.log(a / (rowQ[i] as number)) : 0), 0);
    const opens = distance < 0.2 && Math.max(...rowP) <= 0.9;
    if (opens) opened++;
    assert.ok(worst(law, opens ? rowQ : rowP) <= 1e-5, `seed ${seed}, opens ${opens}`);
  }
  assert.ok(opened > 50 && opened < 250, `the gate opened on ${opened} of 300 rows`);
});

test("a point-mass draft is accepted with probability p(x), and the law stays p", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const p = row(seed, 5);
    const q = new Float32Array(5).fill(Number.NEGATIVE_INFINITY);
    q[seed % 5] = 0;
    assert.ok(worst(await oneStepLaw(sd(), p, q), softmax(p)) <= 1e-5);
  }
});

async function run(options: DecodeOptions): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of decode([0], options))
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

/** The probability of a whole continuation of [0] under a table model at temperature 1. */
function chainProbability(logitsOf: (context: readonly Token[]) => Float32Array, tokens: readonly Token[]): number {
  let probability = 1;
  for (let i = 0; i < tokens.length; i++)
    probability *= softmax(logitsOf([0, ...tokens.slice(0, i)]))[tokens[i] as number] as number;
  return probability;
}

test("sd emits whole answers exactly as the target does: every chain of four tokens enumerated, on random models", async () => {
  const rows = (seed: number) => (context: readonly Token[]) =>
    randomLogits(
      context.reduce((sum, token) => sum * 5 + token + 1, seed),
      3,
      1.5,
    );
  let largest = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const target = rows(seed);
    const law = await chainLaw({
      verifier: sd(),
      target,
      drafter: rows(seed + 500),
      prompt: [0],
      length: 4,
      draftTokens: 1 + (seed % 3),
    });
    assert.equal(law.size, 81);
    for (const [chain, probability] of law) {
      largest = Math.max(largest, Math.abs(probability - chainProbability(target, chain.split(",").map(Number))));
    }
  }
  assert.ok(largest <= 1e-5, `largest difference ${largest}`);
});

test("a million sampled tokens in whole answers from the loop follow the target's law: chi-square over every chain of three tokens", {
  timeout: 300_000,
}, async () => {
  const vocabulary = 3;
  const model = { vocabulary, seed: 7, scale: 1 };
  const target = randomModel(model);
  const logits = new Map<string, Float32Array>();
  const session = await target.open();
  const logitsOf = (context: readonly Token[]) => logits.get(context.join(",")) as Float32Array;
  const chains: Token[][] = [];
  const enumerate = async (prefix: Token[]) => {
    await session.rewind(0);
    logits.set([0, ...prefix].join(","), (await session.append([0, ...prefix], { rows: 1 })).logits);
    if (prefix.length === 3) chains.push(prefix);
    else for (let token = 0; token < vocabulary; token++) await enumerate([...prefix, token]);
  };
  await enumerate([]);
  const runs = 350_000; // 1 050 000 sampled tokens
  const drafterModel = noisyModel({ ...model, noise: 1 });
  const counts = new Map<string, number>();
  for (let seed = 0; seed < runs; seed++) {
    const tokens = await run({
      target,
      drafter: modelDrafter(drafterModel),
      draftTokens: 2,
      sampling: { temperature: 1 },
      maxTokens: 3,
      seed,
    });
    const key = tokens.join(",");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  let square = 0;
  for (const chain of chains) {
    const expected = runs * chainProbability(logitsOf, chain);
    square += ((counts.get(chain.join(",")) ?? 0) - expected) ** 2 / expected;
  }
  // 27 chains: 26 degrees of freedom; the 99.99 % quantile is 62.
  assert.ok(square < 62, `chi-square ${square}`);
});

test("a million draft-and-verify steps with a fixed seed pass a chi-square test against the target's row", async () => {
  const size = 8;
  const [p, q] = [row(3, size), row(10_006, size)];
  const [rowP, rowQ] = [softmax(p), softmax(q)];
  const { draw, logitsEvidence } = await import("@lenity/core");
  const full = sampling({ temperature: 1 });
  const both = new Float32Array([...p, ...p]);
  const [target, drafter] = [logitsEvidence(both, size, full), logitsEvidence(q, size, full)];
  const verifier = sd();
  const random = seeded(2026);
  const counts = new Float64Array(size);
  for (let i = 0; i < 1_000_000; i++) {
    const token = draw(rowQ, random());
    const verdict = verifier.verify({
      context: [0],
      promptLength: 1,
      spent: new Map(),
      looping: false,
      greedy: false,
      control: new Set(),
      draft: [token],
      target,
      drafter,
      uniform: [random()],
      noise: 0,
    });
    if ("then" in verdict) throw new Error("sd decides at once");
    const emitted = verdict.accept[0] === true ? token : draw(verdict.replacement?.(0) ?? rowP, random());
    counts[emitted] = (counts[emitted] as number) + 1;
  }
  let square = 0;
  for (let i = 0; i < size; i++) {
    const expected = 1_000_000 * (rowP[i] as number);
    if (expected === 0) assert.equal(counts[i], 0);
    else square += ((counts[i] as number) - expected) ** 2 / expected;
  }
  // 7 degrees of freedom: the 99.99 % quantile is 29.9.
  assert.ok(square < 29.9, `chi-square ${square}`);
});

const head = { hidden: "pre-norm", weight: [4, -4], bias: 0.5 } as const;
const offs: readonly (readonly [string, Verifier, Verifier])[] = [
  ["kl with threshold 0", or(sd(), kl({ threshold: 0 })), kl({ threshold: 0.8 })],
  ["judge with threshold 1", or(sd(), judge(head, { threshold: 1 })), judge(head)],
];
for (const [name, off, on] of offs) {
  test(`${name} beside sd changes nothing, and its open setting does`, async () => {
    let changed = 0;
    for (let seed = 0; seed < 60; seed++) {
      const model = { vocabulary: 8, seed };
      const hidden = {
        kind: "pre-norm",
        width: 2,
        state: (context: readonly Token[]) => [(context.at(-1) ?? 0) / 8, (context.length % 3) / 3],
      } as const;
      const options = {
        target: randomModel({ ...model, hidden }),
        draftTokens: 5,
        maxTokens: 40,
        seed,
        sampling: { temperature: seed % 2 },
      };
      const drafter = () => modelDrafter(noisyModel({ ...model, noise: 1.5 }));
      const strict = await run({ ...options, drafter: drafter(), verifier: sd() });
      assert.deepEqual(await run({ ...options, drafter: drafter(), verifier: off }), strict);
      if ((await run({ ...options, drafter: drafter(), verifier: or(sd(), on) })).join() !== strict.join()) changed++;
    }
    assert.ok(changed > 30, `${changed} of 60 answers changed`);
  });
}

test("exact follows the argmax at any temperature", async () => {
  const target = randomModel({ vocabulary: 8, seed: 5 });
  const drafter = () => modelDrafter(noisyModel({ vocabulary: 8, seed: 5, noise: 1 }));
  const plain = await run({ target, maxTokens: 30 });
  assert.deepEqual(await run({ target, drafter: drafter(), verifier: exact(), maxTokens: 30 }), plain);
});
