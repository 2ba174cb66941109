/** The basis for choosing an engine. */
export interface EngineLoad {
  /** Open sessions. */
  readonly sessions: number;
  /** Tokens of the prompt that are already cached. */
  readonly cached: number;
}

/**
 * The cost of sharing an engine with one more session, in prompt tokens: running that many takes about as long as an
 * answer of a few hundred tokens.
 */
export const sessionCost = 512;

/**
 * The index of the engine for a new session: the one with the longest cached prefix, unless another is less busy by
 * enough (`sessionCost`); the first among equals. −1 for an empty list.
 */
export function pickEngine(candidates: readonly EngineLoad[]): number {
  const costs = candidates.map(({ sessions, cached }) => sessions * sessionCost - cached);
  return costs.indexOf(Math.min(...costs));
}
