/** Sampling over the wire is exact: `sd` at temperature 1 follows the target's law on every engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DecodeOptions, decode, modelDrafter, softmax, type Token } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { connected } from "./connect.ts";

async function run(prompt: readonly Token[], options: DecodeOptions): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options }))
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

/** Chains of three tokens that follow [0] at temperature 1, with their probabilities. */
function chains(model: ReturnType<typeof randomModel>): Map<string, number> {
  const all = new Map<string, number>();
  const extend = (chain: Token[], probability: number) => {
    if (chain.length === 3) return void all.set(chain.join(), probability);
    const row = softmax(model.logits([0, ...chain]));
    for (const [token, p] of row.entries()) extend([...chain, token], probability * p);
  };
  extend([], 1);
  return all;
}

/** Chi-square of the chains that were emitted against those probabilities. */
function squareOf(counts: ReadonlyMap<string, number>, law: ReadonlyMap<string, number>, runs: number): number {
  let square = 0;
  for (const [chain, probability] of law)
    square += ((counts.get(chain) ?? 0) - runs * probability) ** 2 / (runs * probability);
  return square;
}

// 27 chains: 26 degrees of freedom; the 99.99 % quantile is 62.
const bound = 62;

for (const [engine, runs] of [
  ["sglang", 350_000],
  ["vllm", 40_000],
  ["oip", 40_000],
] as const) {
  test(`sd at temperature 1 on ${engine} follows the target's law: chi-square of ${3 * runs} tokens over every chain of three`, {
    timeout: 600_000,
  }, async () => {
    const own = { vocabulary: 3, seed: 7, scale: 1 };
    const model = randomModel(own);
    const target = await connected(engine, { model });
    const drafterModel = noisyModel({ ...own, noise: 1 });
    const counts = new Map<string, number>();
    for (let seed = 0; seed < runs; seed++) {
      const drafter = modelDrafter(drafterModel);
      const options = { target, drafter, draftTokens: 2, sampling: { temperature: 1 }, maxTokens: 3, seed };
      const chain = (await run([0], options)).join();
      counts.set(chain, (counts.get(chain) ?? 0) + 1);
    }
    const square = squareOf(counts, chains(model), runs);
    assert.ok(square < bound, `chi-square ${square}`);
    assert.equal(target.wire.stale, 0);
    if (engine !== "oip") assert.ok(target.wire.draws > runs / 10, `${target.wire.draws} draws`);
  });
}
