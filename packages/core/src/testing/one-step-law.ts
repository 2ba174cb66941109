import type { Evidence } from "../evidence/evidence.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import { drawByNoise } from "../noise.ts";
import { type Sampling, sampling } from "../sampling.ts";
import type { Round, Verdict, Verifier } from "../verifier.ts";
import { bisect } from "./chain-law.ts";

/** A one-token round over two rows of logits, with one coin: what a verifier sees at one position. */
export function singleRound(
  target: Float32Array,
  drafter: Float32Array,
  token: number,
  coin: number,
  settings?: Partial<Sampling>,
): Round {
  const full = sampling({ temperature: 1, ...settings });
  const both = new Float32Array(target.length * 2);
  both.set(target);
  both.set(target, target.length);
  return {
    context: [0],
    promptLength: 1,
    spent: new Map(),
    looping: false,
    draft: [token],
    target: logitsEvidence(both, target.length, full),
    drafter: logitsEvidence(drafter, drafter.length, full),
    greedy: full.temperature === 0,
    control: new Set(),
    uniform: [coin],
    noise: 0,
  };
}

/**
 * The distribution of the token that one draft-and-verify step emits, without sampling: for each token that q may draw,
 * the acceptance probability by bisecting its coin, plus the rejected mass times the replacement row. For verifiers
 * that accept below some coin.
 */
export async function oneStepLaw(
  verifier: Verifier,
  target: Float32Array,
  drafter: Float32Array,
  settings?: Partial<Sampling>,
): Promise<Float64Array> {
  const law = new Float64Array(target.length);
  const q = logitsEvidence(drafter, drafter.length, sampling({ temperature: 1, ...settings })).row(0);
  for (let token = 0; token < target.length; token++) {
    const drawn = q[token] as number;
    if (drawn === 0) continue;
    const ask = async (coin: number): Promise<Verdict> =>
      verifier.verify(singleRound(target, drafter, token, coin, settings));
    const accepted = await bisect(async (coin) => (await ask(coin)).accept[0] === true);
    law[token] = (law[token] as number) + drawn * accepted;
    if (accepted === 1) continue;
    const round = singleRound(target, drafter, token, 1 - 2 ** -53, settings);
    const row = (await verifier.verify(round)).replacement?.(0) ?? round.target.row(0);
    for (let i = 0; i < row.length; i++) law[i] = (law[i] as number) + drawn * (1 - accepted) * (row[i] as number);
  }
  return law;
}

/**
 * The same for verifiers that draw by noise: how often each token is emitted over `count` seeds, as shares. The
 * standard deviation of a share f is √(f(1 − f)/count).
 */
export async function noiseLaw(
  verifier: Verifier,
  target: Float32Array,
  drafter: Float32Array,
  count: number,
  settings?: Partial<Sampling>,
): Promise<Float64Array> {
  const law = new Float64Array(target.length);
  const { target: p, drafter: q, ...facts } = singleRound(target, drafter, 0, 0.5, settings);
  const position = facts.context.length;
  for (let noise = 0; noise < count; noise++) {
    const draft = [drawByNoise((q as Evidence).row(0), noise, position)];
    const { accept, replacement } = await verifier.verify({ ...facts, target: p, drafter: q, draft, noise });
    const token = accept[0] === true ? draft[0] : drawByNoise(replacement?.(0) ?? p.row(0), noise, position);
    law[token as number] = (law[token as number] as number) + 1 / count;
  }
  return law;
}
