import { blamed, type LanguageModel, LenityError, type Scores } from "@lenity/core";

/** What a few tokens show of a loaded model: numbers that speculative decoding rests on. */
export interface SelfCheck {
  /** max |difference| between the logits of one block and of the same tokens in smaller ones. 0: verified text equals plain decoding to the bit. */
  readonly blockDifference: number;
  /** max |difference| in earlier rows when only the last token of a block changes. Above 0, drafted tokens leak into the judgement of those before. */
  readonly leak: number;
  /** Highest minus lowest logit: the scale of the two. */
  readonly spread: number;
}

/**
 * Runs seven tokens as a block, in pieces of several sizes (kernels treat odd ones in their own ways), and with another last token. Rejects with
 * `bad_logits` when a logit is NaN or +∞.
 */
export async function selfCheck(model: LanguageModel): Promise<SelfCheck> {
  const ids = Math.min(model.vocabulary, model.readable ?? model.vocabulary);
  const tokens = Array.from({ length: Math.min(7, model.contextLength) }, (_, i) => (i * 7919 + 1) % ids);
  const last = tokens.length - 1;
  const block = await scored(model, [tokens]);
  const cuts = [
    [1, 3],
    [5, 6],
  ].map(([first, second]) => [tokens.slice(0, first), tokens.slice(first, second), tokens.slice(second)]);
  const pieces: Float32Array[] = [];
  for (const cut of cuts) pieces.push(await scored(model, cut));
  const changed = await scored(model, [[...tokens.slice(0, last), ((tokens[last] as number) + 1) % ids]]);
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const value of block) {
    if (value === Number.NEGATIVE_INFINITY) continue; // an id that is never said
    if (!(value < Number.POSITIVE_INFINITY))
      throw blamed(model, new LenityError("bad_logits", `The model returned logits with ${value}; expected numbers.`));
    highest = Math.max(highest, value);
    lowest = Math.min(lowest, value);
  }
  return {
    blockDifference: Math.max(...pieces.map((cut) => difference(block, cut, block.length))),
    leak: difference(block, changed, last * model.vocabulary),
    spread: highest - lowest,
  };
}

/** The logits of one text in these blocks. */
async function scored(model: LanguageModel, blocks: readonly (readonly number[])[]): Promise<Float32Array> {
  const session = await model.open();
  const parts: Scores[] = [];
  for (const block of blocks) if (block.length > 0) parts.push(await session.append(block));
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
