import type { LanguageModel, Scores } from "@lenity/core";
import { badLogits } from "@lenity/core/internal";

/** What a few tokens show of a loaded model: numbers that speculative decoding rests on. Of a model that scores only last positions, those. */
export interface SelfCheck {
  /** max |difference| between the logits of one block and of the same tokens in smaller ones. 0: verified text equals plain decoding to the bit. */
  readonly blockDifference: number;
  /** max |difference| in earlier rows when only the last token of a block changes. Above 0, drafted tokens leak into the judgement of those before. */
  readonly leak: number;
  /** Highest minus lowest logit: the scale of the two. */
  readonly spread: number;
  /** Tokens of the longest block that was looked at. */
  readonly longest: number;
}

/** Tokens: those of the text that is cut in several ways and changed, and those of the one that is cut once, longer than kernels' tiles of 32. */
const [short, long] = [7, 40];

/**
 * Runs seven tokens as a block, in pieces of several sizes (kernels treat odd ones in their own ways), and with another last token; then, unless it
 * is told not to, up to 40 as a block and as 33, 1 and 6. Rejects with `bad_logits` when a logit is NaN or +∞.
 */
export async function selfCheck(model: LanguageModel, most: number = long): Promise<SelfCheck> {
  const ids = Math.max(2, Math.min(model.vocabulary, model.readable ?? model.vocabulary));
  // Without id 0, which stands for padding or the unknown in many a vocabulary.
  const text = Array.from({ length: Math.min(most, model.contextLength) }, (_, i) => 1 + ((i * 7919) % (ids - 1)));
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
    differences.push(difference(block, cut.subarray(cut.length - block.length), block.length));
  }
  if (text.length > short) differences.push(await longDifference(model, text, rows ?? short));
  const changed = await scored(model, [[...tokens.slice(0, last), 1 + ((tokens[last] as number) % (ids - 1))]], rows);
  return {
    blockDifference: Math.max(...differences),
    leak: rows === undefined ? difference(block, changed, last * model.vocabulary) : 0,
    spread,
    longest: text.length,
  };
}

/** Of the last rows: of those before, only the cache is of interest, and rows of a large vocabulary cost. */
async function longDifference(model: LanguageModel, text: readonly number[], rows: number): Promise<number> {
  const first = text.length - short;
  const block = await scored(model, [text], rows);
  spanOf(model, block);
  const cut = await scored(model, [text.slice(0, first), text.slice(first, first + 1), text.slice(first + 1)], rows);
  return difference(block, cut.subarray(cut.length - block.length), block.length);
}

/** Highest minus lowest logit. Throws `bad_logits` for what is none. */
function spanOf(model: LanguageModel, logits: Float32Array): number {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of logits) {
    if (value === Number.NEGATIVE_INFINITY) continue; // an id that is never said
    if (!(value < Number.POSITIVE_INFINITY)) throw badLogits(String(value), model);
    highest = Math.max(highest, value);
    lowest = Math.min(lowest, value);
  }
  return highest - lowest;
}

/** The logits of one text in these blocks, of the last `rows` of each where they are longer. */
async function scored(model: LanguageModel, blocks: readonly (readonly number[])[], rows?: number): Promise<Float32Array> {
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

/** max |difference| of the first `length` logits. */
function difference(a: Float32Array, b: Float32Array, length: number): number {
  let most = 0;
  // Logits of −∞ are equal, and their difference is no number.
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
}
