/**
 * Tokens drawn by noise instead of a coin: the highest log p + g, with noise g from the Gumbel distribution
 * (2408.07978). Two rows that are drawn from with the same noise mostly give the same token.
 *
 * It is computed as a race: the token with the highest p/e wins, e = exp(−g) being exponentially distributed. The noise
 * is a function of (seed, position, token) in integer arithmetic and in floating point that every engine rounds alike,
 * so `Math.log` is not used.
 */
import type { Row } from "./evidence/evidence.ts";
import type { Token } from "./model.ts";

/**
 * The token of the row that the noise of this seed (a safe integer) draws at this position of the text, counted from
 * the beginning of the prompt. Over seeds, tokens are distributed as the row; over positions, they are independent. The
 * lowest id among equals; never a token with probability 0.
 */
export function drawByNoise(row: Row, seed: number, position: number): Token {
  const [a, b, c, d] = keysOf(seed, position);
  let winner = 0;
  let highest = 0;
  let scaled = 0;
  for (let token = 0; token < row.length; token++) {
    const mass = row[token] as number;
    if (mass === 0) continue;
    const high = word(token, a, b);
    // e is at least high / 2³¹, so most tokens have lost without a logarithm.
    if (high * scaled >= mass) continue;
    const ratio = mass / exponential(high, word(token, c, d));
    if (ratio <= highest) continue;
    winner = token;
    highest = ratio;
    scaled = ratio / 0x8000_0000;
  }
  return winner;
}

/**
 * Writes what `drawByNoise` draws by to `survivals`, one number of each token: −ln of it is e. For draws elsewhere: the
 * token with the highest p/e.
 */
export function writeNoise(survivals: Float64Array, seed: number, position: number): void {
  const [a, b, c, d] = keysOf(seed, position);
  for (let token = 0; token < survivals.length; token++)
    survivals[token] = survival(word(token, a, b), word(token, c, d));
}

/** Where the chains of keys begin: digits of π. */
const starts = [0x243f6a88, 0x13198a2e, 0x3707344, 0x299f31d0];

/** Four 32-bit keys, each of a chain of its own, so that no two positions of any text are likely to share them. */
function keysOf(seed: number, position: number): [number, number, number, number] {
  const words = [seed, Math.floor(seed / 0x1_0000_0000), position];
  const chain = (start: number) => words.reduce((state, next) => mix(Math.imul(state, 0x9e3779b1) + next), start);
  return starts.map(chain) as [number, number, number, number];
}

/** 31 bits of a token. The second key comes in between, so that one row's are not another's in a new order. */
function word(token: Token, first: number, second: number): number {
  let x = (token + first) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return mix((x ^ (x >>> 16)) + second) >>> 1;
}

/** Mixes the bits of a 32-bit number (the function triple32 of C. Wellons, Hash Function Prospector). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

/** −ln(1 − v) for the uniform v of two words. */
export function exponential(high: number, low: number): number {
  return -logarithm(survival(high, low));
}

/** 1 − v for the uniform v = (52 random bits + ½) / 2⁵², which is neither 0 nor 1. Both words have 31 bits. */
function survival(high: number, low: number): number {
  return 1 - (high * 0x20_0000 + (low >>> 10) + 0.5) / 0x10_0000_0000_0000;
}

/** The natural logarithm of a number above 0 and below 1, from operations that IEEE 754 rounds exactly. */
function logarithm(x: number): number {
  let fraction = x;
  let halvings = 0;
  for (; fraction < Math.SQRT1_2; halvings++) fraction *= 2;
  const s = (fraction - 1) / (fraction + 1);
  const square = s * s;
  let sum = 0;
  for (let odd = 23; odd >= 1; odd -= 2) sum = sum * square + 1 / odd;
  return 2 * s * sum - halvings * Math.LN2;
}
