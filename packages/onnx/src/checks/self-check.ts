import type { LanguageModel, Scores } from "@lenity/core";
import { badLogits } from "@lenity/core/internal";
import { difference, span } from "./difference.ts";
import { probeTokens } from "./probe-tokens.ts";
import { singleDifference } from "./single-check.ts";

/**
 * Measurements on a few tokens of a loaded model, on which speculative decoding depends. For a model that scores only
 * the last position, they cover last positions only.
 */
export interface SelfCheck {
  /**
   * max |difference| between the logits of one block and of the same tokens in smaller blocks. 0: verified text equals
   * plain decoding with `blockExact` bit for bit.
   */
  readonly blockDifference: number;
  /**
   * max |difference| between the logits of tokens that run alone and of the same tokens in a block: how far plain
   * decoding without `blockExact` may be from it. 0 on these few tokens need not be 0 on others where activations are
   * rounded: see `aloneAsInBlocks`.
   */
  readonly singleDifference: number;
  /**
   * max |difference| in earlier rows when only the last token of a block changes. Above 0, drafted tokens leak into the
   * verification of those before them.
   */
  readonly leak: number;
  /** Highest minus lowest logit: the scale for both differences. */
  readonly spread: number;
  /** Tokens in the longest block that was run. */
  readonly longest: number;
}

/**
 * Token counts: of the text that is cut in several ways and changed, and of the one that is cut once, longer than the
 * kernels' tiles of 32.
 */
const [short, long] = [7, 40];

/**
 * Runs seven tokens as one block, in pieces of several sizes (kernels treat odd sizes differently), and with another
 * last token; then, unless `most` is less, up to 40 tokens as one block and as 33, 1 and 6; then some tokens alone.
 * Rejects with `bad_logits` when a logit is NaN or +∞.
 */
export async function selfCheck(model: LanguageModel, most: number = long): Promise<SelfCheck> {
  const ids = Math.max(2, Math.min(model.vocabulary, model.readable ?? model.vocabulary));
  const text = probeTokens(Math.min(most, model.contextLength), ids);
  const tokens = text.slice(0, short);
  const last = tokens.length - 1;
  const rows = model.lastOnly === true ? 1 : undefined;
  const block = await scored(model, [tokens], rows);
  const spread = spanOf(model, block);
  const differences: number[] = [];
  for (const [first, second] of [
    [1, 3],
    [5, 6],
  ] as const) {
    const cut = await scored(model, [tokens.slice(0, first), tokens.slice(first, second), tokens.slice(second)], rows);
    differences.push(difference(cut.subarray(cut.length - block.length), block));
  }
  if (text.length > short) differences.push(await longDifference(model, text, rows ?? short));
  const changed = await scored(model, [[...tokens.slice(0, last), 1 + ((tokens[last] as number) % (ids - 1))]], rows);
  return {
    blockDifference: Math.max(...differences),
    singleDifference: await singleDifference(model, most === long ? undefined : most),
    leak: rows === undefined ? difference(changed, block.subarray(0, last * model.vocabulary)) : 0,
    spread,
    longest: text.length,
  };
}

/**
 * Compares the last rows only: earlier ones matter only for the cache, and rows of a large vocabulary are expensive.
 */
async function longDifference(model: LanguageModel, text: readonly number[], rows: number): Promise<number> {
  const first = text.length - short;
  const block = await scored(model, [text], rows);
  spanOf(model, block);
  const cut = await scored(model, [text.slice(0, first), text.slice(first, first + 1), text.slice(first + 1)], rows);
  return difference(cut.subarray(cut.length - block.length), block);
}

/** The span of the logits. Throws `bad_logits` for NaN and +∞. */
function spanOf(model: LanguageModel, logits: Float32Array): number {
  const bad = logits.find((value) => !(value < Number.POSITIVE_INFINITY));
  if (bad !== undefined) throw badLogits(String(bad), model);
  return span(logits);
}

/** The logits of a text run in these blocks: of each, all rows, or only the last `rows`. */
async function scored(
  model: LanguageModel,
  blocks: readonly (readonly number[])[],
  rows?: number,
): Promise<Float32Array> {
  const session = await model.open();
  const parts: Scores[] = [];
  for (const block of blocks) if (block.length > 0) parts.push(await session.append(block, { rows }));
  await session.close();
  const all = new Float32Array(parts.reduce((sum, { logits }) => sum + logits.length, 0));
  let at = 0;
  for (const { logits } of parts) {
    all.set(logits, at);
    at += logits.length;
  }
  return all;
}
