import { argmax } from "../sampling.ts";
import type { Arithmetic } from "./softmax.ts";

/** Under a grammar most logits may be −∞, so these are skipped. */
const low = Number.NEGATIVE_INFINITY;

/**
 * The straightforward arithmetic, in double precision: the reference, the fallback, and the one for logits of any
 * spread.
 */
export const plain: Arithmetic = {
  argmax,
  softmax(logits, temperature) {
    const highest = logits[argmax(logits)] as number;
    let lowest = highest;
    let sum = 0;
    for (let i = 0; i < logits.length; i++) {
      const logit = logits[i] as number;
      if (logit < lowest) lowest = logit;
      if (logit > low) sum += Math.exp((logit - highest) / temperature);
    }
    return { logits, temperature, highest, lowest, sum };
  },
  row({ logits, temperature, highest, sum }) {
    const row = new Float32Array(logits.length);
    for (let i = 0; i < row.length; i++) {
      const logit = logits[i] as number;
      if (logit > low) row[i] = Math.fround(Math.exp((logit - highest) / temperature)) / sum;
    }
    return row;
  },
  entropy({ logits, temperature, highest, sum }) {
    let weighted = 0;
    for (let i = 0; i < logits.length; i++) {
      const x = ((logits[i] as number) - highest) / temperature;
      const e = Math.exp(x);
      if (e > 0) weighted += e * x;
    }
    return Math.max(0, Math.log(sum) - weighted / sum);
  },
  kl(p, q) {
    let weighted = 0;
    for (let i = 0; i < p.logits.length; i++) {
      const x = ((p.logits[i] as number) - p.highest) / p.temperature;
      const e = Math.exp(x);
      if (e > 0) weighted += e * (x - ((q.logits[i] as number) - q.highest) / q.temperature);
    }
    return Math.max(0, weighted / p.sum - Math.log(p.sum) + Math.log(q.sum));
  },
};
