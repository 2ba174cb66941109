/**
 * One thing that every verifier owes. `run` throws when it does not hold; a case that cannot apply says why in `skip`.
 */
export interface ConformanceCase {
  readonly name: string;
  readonly skip?: string | undefined;
  run(): Promise<void>;
}

/** The width of the hidden states in these cases: heads under test have as many weights. */
export const conformanceWidth = 4;
