import type { Token } from "./model.ts";

/** A token and the natural logarithm of its probability, 0 or below. */
export interface TokenLogprob {
  readonly token: Token;
  readonly logprob: number;
}

/** How probable a token was, and which tokens were the most probable. */
export interface Logprobs extends TokenLogprob {
  /** 1 for the most probable token. */
  readonly rank: number;
  /** The most probable tokens, best first; of equals, the lowest id first. */
  readonly top: readonly TokenLogprob[];
}

/** The logarithms of softmax(logits) for one token and for the `count` most probable. Never lists a logit of −∞. */
export function logprobsOf(logits: Float32Array, token: Token, count: number): Logprobs {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  const logSum = highest + Math.log(sum);
  const own = logits[token] as number;
  let rank = 1;
  for (const logit of logits) if (logit > own) rank++;
  const top = highestOf(logits, count).map((other) => ({ token: other, logprob: (logits[other] as number) - logSum }));
  return { token, logprob: own - logSum, rank, top };
}

/** For the option `logprobs` of `decode`: lists the `count` most probable tokens at each token, 0 or more. */
export const topLogprobs =
  (count: number) =>
  (logits: Float32Array, token: Token): Logprobs =>
    logprobsOf(logits, token, count);

/** The ids of the highest logits above −∞, best first. */
function highestOf(logits: Float32Array, count: number): Token[] {
  const best: Token[] = [];
  if (count === 0) return best;
  let least = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] as number;
    if (!(logit > least)) continue;
    let at = best.length;
    while (at > 0 && (logits[best[at - 1] as Token] as number) < logit) at--;
    best.splice(at, 0, token);
    if (best.length > count) best.pop();
    if (best.length === count) least = logits[best[count - 1] as Token] as number;
  }
  return best;
}
