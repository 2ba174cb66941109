import type { Row } from "../evidence/evidence.ts";
import type { Token } from "../model.ts";

/**
 * softmax(logits / temperature), represented by its sums: p(i) = e^((logits[i] − highest) / temperature) / sum. No
 * probabilities are stored.
 */
export interface Softmax {
  readonly logits: Float32Array;
  /** Above 0. */
  readonly temperature: number;
  readonly highest: number;
  readonly lowest: number;
  /** 1 to the size of the vocabulary. */
  readonly sum: number;
}

/**
 * Operations over a whole row of logits. Two implementations: plain, and SIMD if the runtime has it. They agree to
 * 1e-6.
 */
export interface Arithmetic {
  /** The index of the highest logit, the lowest index among equals. Throws `bad_logits`. */
  argmax(logits: Float32Array): Token;
  /** Throws `bad_logits`. */
  softmax(logits: Float32Array, temperature: number): Softmax;
  /** All probabilities. */
  row(p: Softmax): Row;
  /** Shannon entropy in nats. */
  entropy(p: Softmax): number;
  /** KL(p‖q) in nats. */
  kl(p: Softmax, q: Softmax): number;
}

/** The probability of one token, rounded as in a row. */
export function probabilityOf({ logits, temperature, highest, sum }: Softmax, token: Token): number {
  const logit = logits[token] ?? Number.NEGATIVE_INFINITY;
  return Math.fround(Math.fround(Math.exp((logit - highest) / temperature)) / sum);
}
