/** Whether a device computes as the CPU does, and how fast: a few tokens on both. */

import type { HiddenKind, Scores, Token } from "@lenity/core";
import type { CacheShape } from "../graph/cache-shape.ts";
import type { WeightFormat } from "../onnx-file/weight-formats.ts";
import { append, type Model, newSequence, rewindSequence } from "../run/sequence.ts";

/** One append: `tokens` after the first `from`. */
interface Step {
  readonly from: number;
  readonly tokens: readonly Token[];
}

/**
 * What both devices are asked: a whole prompt, longer than the tiles of 64 rows that kernels cut prompts into; the same in blocks, a single token
 * among them; and other tokens after rewinding.
 */
function steps({ contextLength, width }: Model): Step[] {
  const length = Math.min(80, contextLength);
  const tokens = Array.from({ length }, (_, i) => (i * 7919 + 1) % width);
  const at = (share: number) => Math.floor(share * length);
  const block = (from: number, to: number) => ({ from, tokens: tokens.slice(from, to) });
  const single = at(0.6);
  return [
    block(0, length),
    block(0, at(0.3)),
    block(at(0.3), single),
    block(single, single + 1),
    { from: at(0.4), tokens: tokens.slice(0, at(0.2)) },
    { from: at(0.5), tokens: tokens.slice(at(0.1), at(0.3)) },
  ];
}

/** The most rows of so many that the model scores. */
const scoredRows = ({ graph }: Model, rows: number): number => (graph.lastOnly ? Math.min(1, rows) : rows);

/** Rows of logits, and of hidden states where they were asked for. */
export type Answer = Pick<Scores, "logits" | "hidden">;

/** What a model answers to the steps: logits, and hidden states where it gives them. */
export async function answers(model: Model): Promise<readonly Answer[]> {
  const kinds = Object.keys(model.graph.hidden) as HiddenKind[];
  const sequence = newSequence();
  const given: Answer[] = [];
  try {
    for (const [i, { from, tokens }] of steps(model).entries()) {
      rewindSequence(sequence, from);
      given.push(
        await append(model, sequence, tokens, { rows: scoredRows(model, tokens.length), hidden: kinds[i % Math.max(1, kinds.length)] }),
      );
    }
  } finally {
    sequence.cache?.dispose?.();
  }
  return given;
}

/** The largest difference between two models' answers, as a share of what the numbers span. Infinity where one of them is none. */
export function differenceOf(found: readonly Answer[], expected: readonly Answer[]): number {
  const parts = (rows: readonly Answer[]) => rows.flatMap(({ logits, hidden }) => [logits, hidden ?? new Float32Array(0)]);
  const others = parts(found);
  return parts(expected).reduce((most, values, i) => Math.max(most, share(others[i] as Float32Array, values)), 0);
}

function share(found: Float32Array, expected: Float32Array): number {
  let [most, lowest, highest] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    // Ids that are never said have −∞ on both.
    if (a === b && !Number.isFinite(a)) continue;
    const difference = Math.abs(a - b);
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
    [most, lowest, highest] = [Math.max(most, difference), Math.min(lowest, b), Math.max(highest, b)];
  }
  return most === 0 ? 0 : most / (highest - lowest);
}

/** Milliseconds that each model takes to verify a block of eight tokens: the medians of runs that take turns. */
export async function raceBlocks(models: readonly Model[]): Promise<readonly number[]> {
  const sequences = models.map(() => newSequence());
  const times: number[][] = models.map(() => []);
  try {
    for (let round = 0; round < 6; round++) {
      for (const [i, model] of models.entries()) {
        const length = Math.min(8, model.contextLength);
        const sequence = sequences[i] as (typeof sequences)[number];
        rewindSequence(sequence, Math.min(sequence.tokens.length, 8, model.contextLength - length));
        const began = performance.now();
        await append(
          model,
          sequence,
          Array.from({ length }, (_, n) => (n + round) % model.width),
          { rows: scoredRows(model, length) },
        );
        // The first round fills the cache, and the device compiles; the second one rewinds for the first time.
        if (round > 1) times[i]?.push(performance.now() - began);
      }
    }
  } finally {
    for (const { cache } of sequences) cache?.dispose?.();
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1] as number);
}

/**
 * The largest difference that arithmetic explains, as a share of what the numbers span. Devices compute float16 graphs in float16 and 4-bit ones
 * with other roundings, where the CPU widens them; what is wrong (a cache that is not read, keys counted twice) makes more.
 */
export function toleranceOf({ precision }: CacheShape, weights: readonly WeightFormat[]): number {
  return precision === "float32" && weights.every(({ format }) => format.startsWith("float")) ? 0.001 : 0.02;
}
