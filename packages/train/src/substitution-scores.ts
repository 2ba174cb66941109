import type { LanguageModel, Session, Token } from "@lenity/core";
import { logProbability } from "./log-probability.ts";

export interface SubstitutionOptions {
  readonly target: LanguageModel;
  /** How many of the tokens that follow count, 0 or more. Default 20, as in the paper (section 4.1). */
  readonly suffix?: number | undefined;
  readonly scope?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The default of `SubstitutionOptions.suffix`. */
export const defaultSuffix = 20;
/** How many positions of the answer one pass scores: the rows of a large vocabulary need much memory. */
const block = 32;

/**
 * How well an answer y keeps its meaning, as the target sees it, if a token is put in the place of y_i (SelfJudge,
 * 2510.02329, section 3.3). For each substitution, given and returned by its index i in the answer, in nats:
 *
 * s = [log P(z|y<i) − log P(y_i|y<i)] + [log P(y>i|y<i,z) − log P(y>i|y≤i)], where y>i ends after `suffix` tokens.
 *
 * Takes one pass over the answer, and a short block for each substitution, the last one first, so that every block
 * continues what the session already holds.
 */
export async function substitutionScores(
  prompt: readonly Token[],
  answer: readonly Token[],
  substitutions: ReadonlyMap<number, Token>,
  { target, suffix = defaultSuffix, scope, signal }: SubstitutionOptions,
): Promise<Map<number, number>> {
  const places = [...substitutions.keys()].sort((a, b) => a - b);
  const scores = new Map<number, number>();
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return scores;
  const session = await target.open({ scope });
  const run = scorer(session, target, signal);
  try {
    const end = Math.min(answer.length, last + 1 + suffix);
    const before: number[] = []; // log P of the answer's own tokens, by index
    const instead = new Map<number, number>(); // log P of the substitutes
    for (let from = first; from < end; from += block) {
      const own = answer.slice(from, Math.min(end, from + block));
      const tokens = [...prompt, ...answer.slice(0, from + own.length - 1)].slice(session.length);
      const found = await run(
        tokens,
        own.map((token, i) => [token, substitutions.get(from + i) ?? token]),
      );
      found.forEach(([kept = 0, substituted = 0], i) => {
        before[from + i] = kept;
        instead.set(from + i, substituted);
      });
    }
    for (const at of places.reverse()) {
      const rest = answer.slice(at + 1, at + 1 + suffix);
      const changed = [substitutions.get(at) as Token, ...rest].slice(0, -1);
      await session.rewind(prompt.length + at);
      const after =
        rest.length === 0
          ? []
          : await run(
              changed,
              rest.map((token) => [token]),
            );
      const terms = [[instead.get(at) as number], ...after].map(([now = 0], i) => now - (before[at + i] as number));
      scores.set(
        at,
        terms.reduce((sum, term) => sum + term),
      );
    }
    return scores;
  } finally {
    await session.close();
  }
}

/** Appends tokens, and returns the log-probabilities of the tokens asked for at each of the last positions. */
function scorer(session: Session, { vocabulary }: LanguageModel, signal: AbortSignal | undefined) {
  return async (tokens: readonly Token[], asked: readonly (readonly Token[])[]): Promise<number[][]> => {
    const { logits } = await session.append(tokens, { rows: asked.length, signal });
    return asked.map((some, row) => {
      const scores = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      return some.map((token) => logProbability(scores, token));
    });
  };
}
