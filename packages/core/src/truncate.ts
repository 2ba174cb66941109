import type { Row } from "./evidence/evidence.ts";
import type { Token } from "./model.ts";
import { argmax, oneHot, type Sampling, softmax } from "./sampling.ts";

/** Whether top-k, top-p or min-p may drop tokens. */
export function truncates({ topK, topP, minP }: Pick<Sampling, "topK" | "topP" | "minP">): boolean {
  return topK > 0 || topP < 1 || minP > 0;
}

/** The distribution that tokens are drawn from under these settings. Throws `bad_logits`. */
export function processedRow(logits: Float32Array, settings: Sampling): Row {
  if (settings.temperature === 0) return oneHot(argmax(logits), logits.length);
  return truncate(softmax(logits, settings.temperature), settings);
}

/**
 * The row without the tokens that top-k, top-p and min-p drop, in this order, renormalised. Tokens rank by probability,
 * ties by lower id. The vocabulary is never sorted, only the few tokens around each cut.
 */
export function truncate(row: Row, settings: Pick<Sampling, "topK" | "topP" | "minP">): Row {
  const { topK, topP, minP } = settings;
  if (!truncates(settings) || (topK >= row.length && topP === 1 && minP === 0)) return row;
  let least = 0;
  if (topK > 0 && topK < row.length) least = cut(row, least, "count", topK).probability;
  let last = row.length;
  if (topP < 1) ({ probability: least, token: last } = cut(row, least, "mass", topP));
  const leastOfMinP = minP > 0 ? minP * highestOf(row) : 0;
  if (least < leastOfMinP) [least, last] = [leastOfMinP, row.length];

  const tokens: Token[] = [];
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const probability = row[i] as number;
    if (probability < least || (probability === least && i > last)) continue;
    tokens.push(i);
    sum += probability;
  }
  const kept = new Float32Array(row.length);
  for (const token of tokens) kept[token] = (row[token] as number) / sum;
  return kept;
}

function highestOf(row: Row): number {
  let highest = 0;
  for (let i = 0; i < row.length; i++) highest = Math.max(highest, row[i] as number);
  return highest;
}

/**
 * A class is the upper 15 bits of a probability: non-negative floats sort the same as their bits. This is the class of
 * 1.
 */
const classOf = (bits: number) => bits >>> 17;
const highestClass = classOf(0x3f800000);

/**
 * Takes the tokens with a probability of at least `least` from the most probable down, and returns the one at which
 * they reach this count, or this fraction of their mass. A histogram finds its class; only that class is sorted.
 */
function cut(row: Row, least: number, by: "count" | "mass", amount: number): { probability: number; token: Token } {
  const bits = new Uint32Array(row.buffer, row.byteOffset, row.length);
  const weights = new Float64Array(highestClass + 1);
  let all = 0;
  for (let i = 0; i < row.length; i++) {
    const probability = row[i] as number;
    if (probability < least) continue;
    const index = classOf(bits[i] as number);
    weights[index] = (weights[index] as number) + (by === "count" ? 1 : probability);
    all += probability;
  }
  const needed = by === "count" ? amount : amount * all;
  let reached = 0;
  let index = highestClass;
  while (index > 0 && reached + (weights[index] as number) < needed) reached += weights[index--] as number;

  const tokens: Token[] = [];
  for (let i = 0; i < row.length; i++) {
    const probability = row[i] as number;
    if (probability > 0 && probability >= least && classOf(bits[i] as number) === index) tokens.push(i);
  }
  tokens.sort((i, j) => (row[j] as number) - (row[i] as number) || i - j);
  for (const token of tokens) {
    const probability = row[token] as number;
    reached += by === "count" ? 1 : probability;
    if (reached >= needed) return { probability, token };
  }
  return { probability: least, token: row.length };
}
