import type { LanguageModel } from "@lenity/core";
import { difference } from "./difference.ts";
import { probeTokens } from "./probe-tokens.ts";

/**
 * Where tokens are run alone: near the beginning, beyond the kernels' tiles of 32 rows, and beyond 128 positions, where
 * kernels begin to sum in parts.
 */
const places = [2, 33, 150];

/** How many tokens are run alone at each place. */
const singles = 4;

/**
 * max |difference| between the logits of tokens that run alone and of the same tokens in a block, at the first place
 * that shows one; 0 if none does. No text is longer than `most` tokens.
 */
export async function singleDifference(model: LanguageModel, most: number = Number.POSITIVE_INFINITY): Promise<number> {
  const ids = Math.max(2, Math.min(model.vocabulary, model.readable ?? model.vocabulary));
  for (const place of places) {
    const text = probeTokens(Math.min(place + singles, most, model.contextLength), ids);
    const found = await differenceAt(model, text, Math.max(1, text.length - singles));
    if (found > 0) return found;
  }
  return 0;
}

/** Runs the tokens from `place` on alone, and the whole text as one block. */
async function differenceAt(model: LanguageModel, text: readonly number[], place: number): Promise<number> {
  const last = model.lastOnly === true ? text.length - 1 : place;
  const block = await model.open();
  const { logits } = await block.append(text, { rows: text.length - last });
  const expected = logits.subarray(logits.length - (text.length - last) * model.vocabulary);
  await block.close();
  const alone = await model.open({ blockExact: false });
  // Nothing runs alone before the first row.
  await alone.append(text.slice(0, place), { rows: 1 });
  let most = 0;
  for (let at = place; at < text.length; at++) {
    const { logits } = await alone.append(text.slice(at, at + 1), { rows: 1 });
    const row = (at - last) * model.vocabulary;
    if (at >= last) most = Math.max(most, difference(logits, expected.subarray(row, row + model.vocabulary)));
  }
  await alone.close();
  return most;
}
