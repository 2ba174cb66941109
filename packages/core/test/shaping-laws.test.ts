/** That lossless rules stay lossless under processors and grammars, by exact computation. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bannedTokens,
  block,
  type DecodeOptions,
  type Drafter,
  decode,
  frequencyPenalty,
  type Grammar,
  kl,
  type LogitsProcessor,
  ledger,
  logitBias,
  minimumLength,
  modelDrafter,
  presencePenalty,
  processedRow,
  repetitionPenalty,
  sampling,
  sd,
  softmax,
  type Token,
  type Verifier,
} from "@lenity/core";
import { chainLaw, type LogitsOf, oneStepLaw, randomLogits, tableModel } from "@lenity/core/testing";

const vocabulary = 4;
const eos = [0];
const low = Number.NEGATIVE_INFINITY;

/** Pairs of 1 and 2 (open and close), at most two deep, with 3 anywhere inside. */
const pairs: Grammar<number> = {
  start: 0,
  mask(depth, out) {
    for (const token of [1, 2, 3])
      if (this.advance(depth, token) !== undefined) out[0] = (out[0] as number) | (1 << token);
  },
  advance(depth, token) {
    if (token === 1) return depth < 2 ? depth + 1 : undefined;
    if (token === 2) return depth > 0 ? depth - 1 : undefined;
    return token === 3 && depth > 0 ? depth : undefined;
  },
  accepting: (depth) => depth === 0,
};

const processors: readonly LogitsProcessor[] = [
  repetitionPenalty(1.4),
  presencePenalty(0.7),
  frequencyPenalty(0.4),
  logitBias({ 3: 0.8 }),
  minimumLength(2, eos),
];

const requests: readonly (readonly [string, Pick<DecodeOptions, "processors" | "grammar">])[] = [
  ["processors", { processors }],
  ["banned ids", { processors: [bannedTokens([2])] }],
  ["a grammar", { grammar: pairs }],
  ["a grammar and processors", { grammar: pairs, processors: processors.slice(0, 4) }],
];

/** Logits of everything that follows the prompt [0]. */
const rows =
  (seed: number, spread = 1.5): LogitsOf =>
  (context) =>
    randomLogits(
      context.reduce((sum, token) => sum * 5 + token + 1, seed),
      vocabulary,
      spread,
    );

/** The row of the next token, written down anew: processors, then the grammar, then the softmax. */
function rowAfter(target: LogitsOf, answer: readonly Token[], request: (typeof requests)[number][1]): Float32Array {
  const logits = target([0, ...answer]).slice();
  for (const processor of request.processors ?? []) processor.process(logits, [0, ...answer], 1);
  if (request.grammar !== undefined) {
    const depth = answer.reduce((sum, token) => sum + (token === 1 ? 1 : token === 2 ? -1 : 0), 0);
    if (depth !== 0) logits[0] = low;
    if (depth === 0) logits[2] = logits[3] = low;
    if (depth === 2) logits[1] = low;
  }
  return softmax(logits);
}

/** The probability of a whole answer. */
function probabilityOf(target: LogitsOf, answer: readonly Token[], request: (typeof requests)[number][1]): number {
  return answer.reduce(
    (product, token, at) => product * (rowAfter(target, answer.slice(0, at), request)[token] as number),
    1,
  );
}

for (const verifier of [sd(), block()]) {
  describe(`${verifier.name} follows the shaped target exactly, over every answer of up to four tokens,`, () => {
    for (const [name, request] of requests) {
      for (const unshaped of [false, true]) {
        test(`with ${name}, from drafts that are ${unshaped ? "not " : ""}shaped`, async () => {
          let largest = 0;
          for (let seed = 1; seed <= 6; seed++) {
            const target = rows(seed);
            const draftTokens = 1 + (seed % 3);
            const law = await chainLaw({
              ...{ verifier, target, drafter: rows(seed + 500), prompt: [0], length: 4, draftTokens, eos, unshaped },
              ...request,
            });
            let mass = 0;
            for (const [key, probability] of law) {
              const answer = key.split(",").map(Number);
              largest = Math.max(largest, Math.abs(probability - probabilityOf(target, answer, request)));
              mass += probability;
            }
            assert.ok(Math.abs(mass - 1) < 1e-5, `the law sums to ${mass}`);
          }
          assert.ok(largest <= 1e-5, `largest difference ${largest}`);
        });
      }
    }
  });
}

test("one step of sd emits the shaped row, whether the drafter's is shaped or not", async () => {
  let largest = 0;
  for (let seed = 0; seed < 200; seed++) {
    const [, request] = requests[seed % requests.length] as (typeof requests)[number];
    const answer = [[], [1], [1, 3], [1, 1]][Math.floor(seed / 4) % 4] as Token[];
    const shaped = Float32Array.from(rowAfter(rows(seed), answer, request), Math.log);
    const drafted = rows(seed + 900);
    const q =
      seed % 3 === 0 ? drafted([0, ...answer]) : Float32Array.from(rowAfter(drafted, answer, request), Math.log);
    const settings = [{}, { temperature: 0.6 }, { topK: 2 }, { topP: 0.8 }][seed % 4] as object;
    const law = await oneStepLaw(sd(), shaped, q, settings);
    const wanted = processedRow(shaped, sampling({ temperature: 1, ...settings }));
    for (const [token, mass] of law.entries()) largest = Math.max(largest, Math.abs(mass - (wanted[token] as number)));
  }
  assert.ok(largest <= 1e-5, `largest difference ${largest}`);
});

test("a ledger keeps KL(P‖Π) ≤ B over whole answers under processors and grammars, from drafts of either kind", async () => {
  let used = 0;
  for (let seed = 0; seed < 48; seed++) {
    const [, request] = requests[seed % requests.length] as (typeof requests)[number];
    const unshaped = seed % 8 > 3;
    const target = rows(seed);
    const near = rows(seed + 400, 1);
    const drafter: LogitsOf = (context) => target(context).map((value, i) => value + (near(context)[i] as number));
    const budget = [0.02, 0.1, 0.4][seed % 3] as number;
    const law = await chainLaw({
      verifier: ledger(kl({ threshold: 2, rows: "processed" }), { budget }),
      ...{ target, drafter, prompt: [0], length: 4, draftTokens: 2, eos, control: new Set(eos), unshaped },
      ...request,
    });
    let distance = 0;
    for (const [key, probability] of law) {
      const p = probabilityOf(target, key.split(",").map(Number), request);
      if (p > 0) distance += p * Math.log(p / probability);
    }
    assert.ok(distance <= budget + 1e-5, `seed ${seed}: KL ${distance} with budget ${budget}`);
    if (distance > 0.3 * budget) used++;
  }
  assert.ok(used > 5, `the budget was used on ${used} of 48 models`);
});

describe("sampled answers of the loop follow the shaped target: chi-square over every answer of up to three tokens,", () => {
  const target = tableModel({ vocabulary, eos, logits: rows(3, 1) });
  const draft = tableModel({ vocabulary, eos, logits: rows(503, 1) });
  const stepping = (): Drafter => modelDrafter(draft);
  /** Drafts a whole block without regard to the request. */
  const unshaped = (): Drafter => {
    const drafter = modelDrafter(draft);
    return { ...drafter, propose: (request) => drafter.propose({ ...request, shaping: undefined }) };
  };
  for (const [name, drafter] of [
    ["shaped", stepping],
    ["unshaped", unshaped],
  ] as const) {
    for (const verifier of [sd(), block()]) {
      test(`${verifier.name} with ${name} drafts`, { timeout: 300_000 }, async () => {
        const request = { grammar: pairs, processors: [presencePenalty(0.7), logitBias({ 3: 0.8 })] };
        const square = await chiSquare(target.logits, request, { target, verifier, draftTokens: 2 }, drafter);
        // 8 answers, 7 degrees of freedom: the 99.99 % quantile is 29.9.
        assert.ok(square < 29.9, `chi-square ${square}`);
      });
    }
  }
});

async function chiSquare(
  logits: LogitsOf,
  request: (typeof requests)[number][1],
  options: Pick<DecodeOptions, "target" | "draftTokens"> & { readonly verifier: Verifier },
  drafter: () => Drafter,
): Promise<number> {
  const runs = 10_000;
  const counts = new Map<string, number>();
  for (let seed = 0; seed < runs; seed++) {
    const answer: Token[] = [];
    const settings = { ...options, ...request, drafter: drafter(), sampling: { temperature: 1 }, maxTokens: 3, seed };
    for await (const event of decode([0], settings))
      if (event.type === "round") answer.push(...event.tokens.map(({ token }) => token));
    counts.set(answer.join(), (counts.get(answer.join()) ?? 0) + 1);
  }
  let square = 0;
  let expected = 0;
  for (const [key, count] of counts) {
    const mean = runs * probabilityOf(logits, key.split(",").map(Number), request);
    square += (count - mean) ** 2 / mean;
    expected += mean;
  }
  // Rarer ones than that may be missing by chance.
  assert.ok(Math.abs(expected - runs) < 5, `answers of probability ${1 - expected / runs} never came`);
  return square;
}
