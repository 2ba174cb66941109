/** What the choice of an engine goes by. */
export interface EngineLoad {
  /** Sessions open on it. */
  readonly sessions: number;
  /** Tokens of the prompt that it would not have to run. */
  readonly cached: number;
}

/**
 * What sharing an engine with one more session costs, in tokens of prompt: an answer of a few hundred tokens takes
 * about as long as so many.
 */
export const sessionCost = 512;

/**
 * The index of the engine on which a session is placed: the longest cached prefix, unless another is so much less busy;
 * the first of equals. −1 of none.
 */
export function pickEngine(candidates: readonly EngineLoad[]): number {
  const costs = candidates.map(({ sessions, cached }) => sessions * sessionCost - cached);
  return costs.indexOf(Math.min(...costs));
}
