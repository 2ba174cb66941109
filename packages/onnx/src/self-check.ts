import type { LanguageModel, Scores } from "@lenity/core";

/** What a few tokens show of a loaded model: numbers that speculative decoding rests on. */
export interface SelfCheck {
  /** max |difference| between the logits of one block and of the same tokens in smaller ones. 0: verified text equals plain decoding to the bit. */
  readonly blockDifference: number;
  /** max |difference| in earlier rows when only the last token of a block changes. Above 0, drafted tokens leak into the judgement of those before. */
  readonly leak: number;
  /** Highest minus lowest logit: the scale of the two. */
  readonly spread: number;
}

/** Runs four tokens as a block, in pieces, and with another last token. */
export async function selfCheck(model: LanguageModel): Promise<SelfCheck> {
  const tokens = Array.from({ length: Math.min(4, model.contextLength) }, (_, i) => (i * 7919 + 1) % model.vocabulary);
  const last = tokens.length - 1;
  const block = await scored(model, [tokens]);
  const pieces = await scored(model, [tokens.slice(0, 1), tokens.slice(1, last), tokens.slice(last)]);
  const changed = await scored(model, [[...tokens.slice(0, last), ((tokens[last] as number) + 1) % model.vocabulary]]);
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const value of block) {
    highest = Math.max(highest, value);
    lowest = Math.min(lowest, value);
  }
  return {
    blockDifference: difference(block, pieces, block.length),
    leak: difference(block, changed, last * model.vocabulary),
    spread: highest - lowest,
  };
}

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

function difference(a: Float32Array, b: Float32Array, length: number): number {
  let most = 0;
  for (let i = 0; i < length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
}
