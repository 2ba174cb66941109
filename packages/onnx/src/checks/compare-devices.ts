/** Compares a device with the CPU on a few tokens: results and speed. */

import type { HiddenKind, Scores, Token } from "@lenity/core";
import type { CacheShape } from "../graph/cache-shape.ts";
import type { WeightFormat } from "../onnx-file/weight-formats.ts";
import { append, type Model, newSequence, rewindSequence } from "../run/sequence.ts";
import { relativeDifference, tolerance } from "./difference.ts";
import { probeTokens } from "./probe-tokens.ts";

/** One append: `tokens`, placed after the first `from` tokens. */
interface Step {
  readonly from: number;
  readonly tokens: readonly Token[];
}

/**
 * What both devices compute: a whole prompt, longer than the tiles of 64 rows that kernels cut prompts into; the same
 * prompt in blocks, one of them a single token; and other tokens after rewinding.
 */
function steps({ contextLength, width }: Model): Step[] {
  const length = Math.min(80, contextLength);
  const tokens = probeTokens(length, width);
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

/** How many of these rows the model can score. */
const scoredRows = ({ graph }: Model, rows: number): number => (graph.lastOnly ? Math.min(1, rows) : rows);

/** Rows of logits, and of hidden states if requested. */
export type StepResult = Pick<Scores, "logits" | "hidden">;

/** Runs the steps on a model. Returns logits, and hidden states if it has them. */
export async function runSteps(model: Model): Promise<readonly StepResult[]> {
  const kinds = Object.keys(model.graph.hidden) as HiddenKind[];
  const sequence = newSequence();
  const results: StepResult[] = [];
  const once = steps(model);
  // Once more for every six kinds, so that each is compared.
  const passes = Array.from({ length: Math.max(1, Math.ceil(kinds.length / once.length)) }, () => once);
  try {
    for (const [i, { from, tokens }] of passes.flat().entries()) {
      rewindSequence(sequence, from);
      results.push(
        await append(model, sequence, tokens, {
          rows: scoredRows(model, tokens.length),
          hidden: kinds[i % Math.max(1, kinds.length)],
        }),
      );
    }
  } finally {
    sequence.cache?.dispose?.();
  }
  return results;
}

/**
 * The largest difference between two models' results, relative to their span. Infinity if one of them is not a number.
 */
export function differenceOf(found: readonly StepResult[], expected: readonly StepResult[]): number {
  const parts = (rows: readonly StepResult[]) =>
    rows.flatMap(({ logits, hidden }) => [logits, hidden ?? new Float32Array(0)]);
  const others = parts(found);
  return parts(expected).reduce(
    (most, values, i) => Math.max(most, relativeDifference(others[i] as Float32Array, values)),
    0,
  );
}

/** Milliseconds each model takes to verify a block of eight tokens: medians of alternating runs. */
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
        const block = probeTokens(round + length, model.width).slice(round);
        await append(model, sequence, block, { rows: scoredRows(model, length) });
        // In the first round the cache is filled and the device compiles; the second is the first to rewind.
        if (round > 1) times[i]?.push(performance.now() - began);
      }
    }
  } finally {
    for (const { cache } of sequences) cache?.dispose?.();
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1] as number);
}

/**
 * The largest difference, relative to the span, that rounding can explain. Devices compute float16 graphs in float16
 * and round 4-bit ones differently, where the CPU widens them. Faults (a cache that is not read, keys counted twice)
 * cause larger differences.
 */
export function toleranceOf(shape: CacheShape, weights: readonly WeightFormat[]): number {
  return isUnrounded(shape, weights) ? tolerance.float32 : tolerance.rounded;
}

/** Whether the model computes in float32 throughout, so that its logits show the smallest difference in a kernel. */
export function isUnrounded(
  { precision, int8 }: Pick<CacheShape, "precision" | "int8">,
  weights: readonly WeightFormat[],
): boolean {
  return precision === "float32" && int8 !== true && weights.every(({ format }) => format.startsWith("float"));
}
