import { LenityError } from "./error.ts";
import type { Row } from "./evidence/evidence.ts";
import { badLogits } from "./evidence/name-the-model.ts";
import type { Token } from "./model.ts";
import type { Sampling } from "./sampling-settings.ts";

export type { Sampling };

/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/** Greedy decoding. */
export const greedy: Sampling = { temperature: 0, topK: 0, topP: 1, minP: 0 };

/** Fills in defaults (temperature 0) and refuses values out of range. */
export function sampling(settings: Partial<Sampling> = {}): Sampling {
  const full: Sampling = {
    temperature: settings.temperature ?? greedy.temperature,
    topK: settings.topK ?? greedy.topK,
    topP: settings.topP ?? greedy.topP,
    minP: settings.minP ?? greedy.minP,
  };
  const check = (name: keyof Sampling, ok: boolean, expected: string) => {
    if (!ok)
      throw new LenityError("invalid_request", `${name} is ${full[name]}; expected ${expected}.`, { path: name });
  };
  check("temperature", full.temperature >= 0 && full.temperature <= 100, "a number from 0 (greedy) to 100");
  check("topK", Number.isInteger(full.topK) && full.topK >= 0, "a whole number, 0 for all tokens");
  check("topP", full.topP > 0 && full.topP <= 1, "a number above 0, up to 1");
  check("minP", full.minP >= 0 && full.minP <= 1, "a number from 0 to 1");
  return full;
}

/** A seeded generator (sfc32) of numbers in [0, 1) with 53 bits. */
export function seeded(seed: number): Random {
  let [a, b, c, counter] = [0x9e3779b9 | 0, 0x243f6a88 | 0, seed | 0, (2 * Math.floor(seed / 4294967296) + 1) | 0];
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

/**
 * The index of the highest logit, the lowest index among equals. Throws `bad_logits` on NaN or on a row without a
 * finite logit.
 */
export function argmax(logits: ArrayLike<number>): Token {
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  let invalid = false;
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i] as number;
    if (value > highest) [highest, best] = [value, i];
    else if (value !== value) invalid = true;
  }
  if (invalid || best < 0 || highest === Number.POSITIVE_INFINITY) {
    throw badLogits(invalid ? "NaN" : best < 0 ? "no finite value" : "+Infinity");
  }
  return best;
}

/** softmax(logits / temperature), temperature > 0, for any finite logits. */
export function softmax(logits: Float32Array, temperature = 1): Row {
  const highest = logits[argmax(logits)] as number;
  const row = new Float32Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += row[i] = Math.exp(((logits[i] as number) - highest) / temperature);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum;
  return row;
}

/** A row with all its mass on one token. */
export function oneHot(token: Token, vocabulary: number): Row {
  const row = new Float32Array(vocabulary);
  row[token] = 1;
  return row;
}

/** The token at which the cumulative mass of the row passes `uniform`. Never a token with probability 0. */
export function draw(row: Row, uniform: number): Token {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i] as number;
  let left = uniform * sum;
  let last = 0;
  for (let i = 0; i < row.length; i++) {
    const mass = row[i] as number;
    if (mass <= 0) continue;
    last = i;
    if (left < mass) return i;
    left -= mass;
  }
  return last;
}
