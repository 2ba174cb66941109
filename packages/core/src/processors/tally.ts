import type { Token } from "../model.ts";

/** Calls `visit` once for each different token from index `from` on, with how often it occurs. */
export type Tally = (
  tokens: readonly Token[],
  from: number,
  vocabulary: number,
  visit: (token: Token, count: number) => void,
) => void;

/** A tally that reuses its array of counts: all are 0 between calls. */
export function tally(): Tally {
  let counts = new Uint32Array(0);
  return (tokens, from, vocabulary, visit) => {
    if (counts.length < vocabulary) counts = new Uint32Array(vocabulary);
    for (let at = from; at < tokens.length; at++)
      counts[tokens[at] as Token] = 1 + (counts[tokens[at] as Token] as number);
    for (let at = from; at < tokens.length; at++) {
      const token = tokens[at] as Token;
      const count = counts[token] as number;
      if (count === 0) continue;
      counts[token] = 0;
      visit(token, count);
    }
  };
}
