/** The time of a round, as a line: in units of a plain round, or in milliseconds. */
export interface Costs {
  /** A round without a draft. */
  readonly plain: number;
  /** A round with n drafted tokens takes `base` + n · `perToken`. */
  readonly base: number;
  readonly perToken: number;
}

/**
 * What rounds cost where nothing may be measured: the same numbers on every machine, so that lengths follow from the
 * tokens alone. They lie between those of pairs of 0.7 and 13, 135 and 1 000 million parameters on two cores of a CPU.
 * Choices depend little on them: the best length is a wide optimum, and acceptance decides whether drafts pay at all.
 */
export function usualCosts(modelDrafts: boolean): Costs {
  return modelDrafts ? { plain: 1, base: 1.6, perToken: 0.15 } : { plain: 1, base: 1.4, perToken: 0.08 };
}
