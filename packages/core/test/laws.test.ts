/** What each rule promises of its text, by exact computation on small vocabularies. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  block,
  cascade,
  cascadeLaw,
  divergenceGate,
  ensemble,
  kl,
  klDivergence,
  ledger,
  lenience,
  logitsEvidence,
  mentored,
  or,
  type Round,
  sampling,
  sd,
  softmax,
  type Token,
  threshold,
  type Verdict,
  type Verifier,
} from "@lenity/core";
import { bisect, chainLaw, type LogitsOf, oneStepLaw, randomLogits } from "@lenity/core/testing";

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

/** Random pairs of rows: smooth and peaked, near each other and far apart, some with zeros. */
function pairs(count: number, size = 6): { p: Float32Array; q: Float32Array; seed: number }[] {
  return Array.from({ length: count }, (_, seed) => {
    const p = randomLogits(seed, size, [0.5, 2, 5][seed % 3] as number);
    const noise = randomLogits(seed + 9000, size, [0.3, 1.5, 4][Math.floor(seed / 3) % 3] as number);
    const q = p.map((value, i) => value + (noise[i] as number));
    if (seed % 4 === 1) p[seed % size] = Number.NEGATIVE_INFINITY;
    if (seed % 5 === 1) q[(seed + 1) % size] = Number.NEGATIVE_INFINITY;
    return { p, q, seed };
  });
}

describe("one step at temperature 1", () => {
  test("ensemble emits exactly the mixture of both rows", async () => {
    for (const { p, q, seed } of pairs(200)) {
      const weight = (seed % 11) / 10;
      const [rowP, rowQ] = [softmax(p), softmax(q)];
      const wanted = rowP.map((value, i) => weight * value + (1 - weight) * (rowQ[i] as number));
      assert.ok(worst(await oneStepLaw(ensemble({ weight }), p, q), wanted) <= 1e-5, `seed ${seed}`);
    }
  });
  test("cascade emits exactly its target law", async () => {
    for (const { p, q, seed } of pairs(200)) {
      const alpha = ((seed % 7) - 1) / 5;
      assert.ok(
        worst(await oneStepLaw(cascade({ alpha }), p, q), cascadeLaw(softmax(p), softmax(q), alpha)) <= 1e-5,
        `seed ${seed}`,
      );
    }
  });
  test("lenience never emits a token above p/l", async () => {
    for (const { p, q, seed } of pairs(200)) {
      const l = 0.1 + (seed % 9) / 10;
      const [law, row] = [await oneStepLaw(lenience({ lenience: l }), p, q), softmax(p)];
      for (let i = 0; i < row.length; i++)
        assert.ok((law[i] as number) <= (row[i] as number) / l + 1e-6, `seed ${seed}`);
    }
  });
  test("mentored keeps KL(p‖π) within its budget, and uses it up where q lies further away", async () => {
    for (const { p, q, seed } of pairs(200)) {
      const budget = [0, 0.05, 0.3, 1][seed % 4] as number;
      const law = Float32Array.from(await oneStepLaw(mentored({ budget }), p, q));
      const [row, draft] = [softmax(p), softmax(q)];
      const spent = klDivergence(row, law);
      assert.ok(spent <= budget + 1e-4, `seed ${seed}: ${spent} of ${budget}`);
      // A token that the target rules out is refused at any price, so the budget can stay unused there.
      const further = klDivergence(row, draft) > budget + 0.01 && !row.includes(0) && !draft.includes(0);
      if (further) assert.ok(spent >= budget - 0.01, `seed ${seed}: only ${spent} of ${budget}`);
    }
  });
  test("threshold at 1 and 1 is exactly p for any draft", async () => {
    for (const { p, q, seed } of pairs(200))
      assert.ok(worst(await oneStepLaw(threshold(), p, q), softmax(p)) <= 1e-5, `seed ${seed}`);
  });
  test("gates emit q where they open and p where they do not", async () => {
    for (const { p, q, seed } of pairs(200)) {
      const [rowP, rowQ] = [softmax(p), softmax(q)];
      const tv = rowP.reduce((sum, value, i) => sum + Math.abs(value - (rowQ[i] as number)), 0) / 2;
      const law = await oneStepLaw(or(sd(), divergenceGate({ measure: "tv", threshold: 0.25 })), p, q);
      assert.ok(worst(law, tv < 0.25 ? rowQ : rowP) <= 1e-5, `seed ${seed}`);
    }
  });
});

const rows =
  (seed: number, spread: number): LogitsOf =>
  (context) =>
    randomLogits(
      context.reduce((sum, token) => sum * 5 + token + 1, seed),
      3,
      spread,
    );

function chainProbability(logits: LogitsOf, tokens: readonly Token[]): number {
  return tokens.reduce(
    (product, token, i) => product * (softmax(logits([0, ...tokens.slice(0, i)]))[token] as number),
    1,
  );
}

/**
 * The law of the first K + 1 tokens of one block, and the expected number of accepted tokens, over every draft and
 * every outcome of the coins.
 */
async function blockLaw(
  verifier: Verifier,
  target: LogitsOf,
  drafter: LogitsOf,
  length: number,
): Promise<{ law: Map<string, number>; accepted: number }> {
  const law = new Map<string, number>();
  let expected = 0;
  const settings = sampling({ temperature: 1 });
  const chains = (size: number): Token[][] =>
    size === 0 ? [[]] : chains(size - 1).flatMap((chain) => [0, 1, 2].map((token) => [...chain, token]));
  const evidence = (logits: LogitsOf, draft: readonly Token[], positions: number) =>
    logitsEvidence(
      Float32Array.from(Array.from({ length: positions }, (_, at) => [...logits([0, ...draft.slice(0, at)])]).flat()),
      3,
      settings,
    );
  const complete = async (prefix: readonly Token[], weight: number) => {
    for (const rest of chains(length + 1 - prefix.length)) {
      const key = [...prefix, ...rest].join();
      law.set(
        key,
        (law.get(key) ?? 0) +
          (weight * chainProbability(target, [...prefix, ...rest])) / chainProbability(target, prefix),
      );
    }
  };
  for (const draft of chains(length)) {
    const drawn = chainProbability(drafter, draft);
    const [p, q] = [evidence(target, draft, length + 1), evidence(drafter, draft, length)];
    const round = (uniform: readonly number[]): Round => ({
      noise: 0,
      context: [0],
      promptLength: 1,
      spent: new Map(),
      looping: false,
      draft,
      target: p,
      drafter: q,
      greedy: false,
      control: new Set(),
      uniform,
    });
    const count = async (coins: readonly number[]) => {
      const { accept } = await verifier.verify(round(coins));
      return accept.includes(false) ? accept.indexOf(false) : length;
    };
    const refuse = 1 - 2 ** -53;
    // The largest j whose coin lies below its threshold: thresholds one at a time, with all later coins refusing.
    let later = 1;
    for (let j = length; j >= 1 && later > 0; j--) {
      const threshold = await bisect(
        async (coin) => (await count(draft.map((_, at) => (at === j - 1 ? coin : at < j - 1 ? 0 : refuse)))) >= j,
      );
      await emit(
        j,
        drawn * later * threshold,
        draft,
        p,
        await verifier.verify(round(draft.map((_, at) => (at < j ? 0 : refuse)))),
      );
      later *= 1 - threshold;
    }
    if (later > 0) await emit(0, drawn * later, draft, p, await verifier.verify(round(draft.map(() => refuse))));
  }
  return { law, accepted: expected };

  async function emit(
    j: number,
    weight: number,
    draft: readonly Token[],
    target: Round["target"],
    verdict: Verdict,
  ): Promise<void> {
    expected += weight * j;
    const row = (j < length ? verdict.replacement?.(j) : undefined) ?? target.row(j);
    for (let token = 0; token < 3; token++) {
      if (weight * (row[token] as number) > 0)
        await complete([...draft.slice(0, j), token], weight * (row[token] as number));
    }
  }
}

describe("whole blocks and chains", () => {
  test("block verification is exactly p over whole blocks, and accepts at least as much as sd", async () => {
    let gained = 0;
    for (let seed = 0; seed < 60; seed++) {
      const [target, drafter] = [rows(seed, 1.5), rows(seed + 700, 1.5)];
      const { law, accepted } = await blockLaw(block(), target, drafter, 3);
      for (const [chain, probability] of law) {
        assert.ok(
          Math.abs(probability - chainProbability(target, chain.split(",").map(Number))) <= 1e-5,
          `seed ${seed}, chain ${chain}`,
        );
      }
      const plain = await expectedBySd(target, drafter, 3);
      assert.ok(accepted >= plain - 1e-6, `seed ${seed}: ${accepted} after ${plain}`);
      if (accepted > plain + 1e-3) gained++;
    }
    assert.ok(gained > 20, `block gained on ${gained} of 60 models`);
  });

  /** Σ over prefixes of the probability that sd accepts them: Σ min(p, q) along the draft. */
  async function expectedBySd(
    target: LogitsOf,
    drafter: LogitsOf,
    length: number,
    prefix: readonly Token[] = [],
  ): Promise<number> {
    if (length === 0) return 0;
    const [p, q] = [softmax(target([0, ...prefix])), softmax(drafter([0, ...prefix]))];
    let expected = 0;
    for (let token = 0; token < 3; token++) {
      expected +=
        Math.min(p[token] as number, q[token] as number) *
        (1 + (await expectedBySd(target, drafter, length - 1, [...prefix, token])));
    }
    return expected;
  }

  test("a ledger keeps KL(P‖Π) ≤ B over whole answers: 3 tokens, 5 steps, 200 random models, without one violation", {
    timeout: 300_000,
  }, async () => {
    let used = 0;
    for (let seed = 0; seed < 200; seed++) {
      const target = rows(seed, 1.2);
      const near = rows(seed + 400, [0.3, 0.8, 1.6][seed % 3] as number);
      const drafter: LogitsOf = (context) => target(context).map((value, i) => value + (near(context)[i] as number));
      const budget = [0.02, 0.1, 0.4, 2][seed % 4] as number;
      const control = seed % 2 === 0 ? new Set<Token>() : new Set([2]);
      const verifier = ledger(kl({ threshold: 0.5, rows: "processed" }), { budget });
      const law = await chainLaw({
        verifier,
        target,
        drafter,
        prompt: [0],
        length: 5,
        draftTokens: [1, 2, 1, 3, 2, 1, 2][seed % 7] as number,
        control,
      });
      let distance = 0;
      let mass = 0;
      for (const [chain, probability] of law) {
        const p = chainProbability(target, chain.split(",").map(Number));
        distance += p * Math.log(p / probability);
        mass += probability;
      }
      assert.ok(Math.abs(mass - 1) < 1e-4, `seed ${seed}: the law sums to ${mass}`);
      assert.ok(distance <= budget + 1e-5, `seed ${seed}: KL ${distance} with budget ${budget}`);
      if (distance > 0.3 * budget) used++;
    }
    assert.ok(used > 20, `the budget was used on ${used} of 200 models`);
  });
});
