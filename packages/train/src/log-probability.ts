import type { Token } from "@lenity/core";

/** The natural logarithm of a token's probability in softmax(logits); −∞ for a logit of −∞. */
export function logProbability(logits: Float32Array, token: Token): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) highest = Math.max(highest, logits[i] as number);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - highest);
  return (logits[token] as number) - highest - Math.log(sum);
}
