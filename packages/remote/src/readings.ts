/** The numbers that verifiers read, from what an engine lists of each position. */
import type { Reading, Readings, Token } from "@lenity/core";
import { readsDraft, topOf } from "@lenity/core/internal";
import { type BoundedMeasure, type DraftRow, divergenceBounds, draftRow, type Interval } from "./bounds.ts";
import type { Position } from "./engine.ts";

/** A scored block: position i is the row that tests `draft[i]`, and the last one the row behind the draft. */
export interface Block {
  readonly positions: readonly Position[];
  readonly draft: readonly Token[];
  /** [draft, vocabulary], row-major, for readings that compare rows. */
  readonly drafterLogits?: Float32Array | undefined;
}

/** Whether an engine that lists this many tokens can give the number, or bounds of it. */
export function gives(reading: Reading, top: number): boolean {
  if (reading === "argmax" || reading === "support") return true;
  if (reading === "top-three entropy") return top >= 3;
  const asked = topOf(reading);
  if (asked !== undefined) return asked.k <= top;
  // What a token adds to the entropy, and to reverse-kl, has no useful bound where the token is not listed.
  return /^raw (probability|draft-probability|confidence|kl|js|tv)$/.test(reading);
}

/** How many tokens the engine has to list. Two at least: equals are decided by their ids. */
export function listedFor(readings: ReadonlySet<Reading>, top: number): number {
  const counts = [...readings].map((reading) => {
    if (reading === "top-three entropy") return 3;
    const asked = topOf(reading);
    if (asked !== undefined) return asked.k;
    return / (kl|js|tv)$/.test(reading) ? top : 2;
  });
  return Math.min(top, Math.max(2, ...counts));
}

/** The numbers; of divergences the upper ends, and the lower ends apart. */
export function readingsOf(readings: ReadonlySet<Reading>, block: Block): { readings: Readings; least: Readings } {
  const { positions, draft, drafterLogits } = block;
  const vocabulary = (drafterLogits?.length ?? 0) / Math.max(1, draft.length);
  const compares = drafterLogits !== undefined && [...readings].some(readsDraft);
  const rows = draft.map((_, at) =>
    compares ? draftRow(drafterLogits.subarray(at * vocabulary, (at + 1) * vocabulary)) : undefined,
  );
  const found: Record<string, number[]> = {};
  const least: Record<string, number[]> = {};
  for (const reading of readings) {
    const ends = positions.map((position, at) => intervalOf(reading, position, draft[at], rows[at]));
    found[reading] = ends.map(({ most }) => most);
    if (/ (kl|js|tv)$/.test(reading)) least[reading] = ends.map((end) => end.least);
  }
  return { readings: found, least };
}

function intervalOf(
  reading: Reading,
  position: Position,
  token: Token | undefined,
  row: DraftRow | undefined,
): Interval {
  const known = (value: number): Interval => ({ least: value, most: value });
  const { top, own = Number.NEGATIVE_INFINITY } = position;
  if (reading === "argmax") return known(top[0]?.token ?? 0);
  if (reading === "top-three entropy") return known(entropyOf(top.slice(0, 3).map(({ logprob }) => logprob)));
  if (reading === "raw confidence") return known(top[0]?.logprob ?? 0);
  // The position behind the draft tests no token.
  if (token === undefined) return known(0);
  if (reading === "support") return known(own > Number.NEGATIVE_INFINITY ? 1 : 0);
  if (reading === "raw probability") return known(own);
  const asked = topOf(reading);
  if (asked !== undefined) {
    const above = top.filter(({ logprob }) => logprob > own).length;
    const below = Math.exp(top[0]?.logprob ?? 0) - Math.exp(own);
    return known(above < asked.k && below <= asked.delta ? 1 : 0);
  }
  if (row === undefined) throw new TypeError(`${reading} needs draft logits, and none were given.`);
  if (reading === "raw draft-probability") return known((row.logits[token] as number) - row.logSum);
  return divergenceBounds(reading.slice("raw ".length) as BoundedMeasure, top, { token, logprob: own }, row);
}

/** Entropy in nats of these log probabilities, renormalised. */
function entropyOf(logprobs: readonly number[]): number {
  const weights = logprobs.map((logprob) => Math.exp(logprob - (logprobs[0] as number)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.reduce((total, weight) => (weight > 0 ? total - (weight / sum) * Math.log(weight / sum) : total), 0);
}
