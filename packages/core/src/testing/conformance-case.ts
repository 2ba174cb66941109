/**
 * One requirement for every verifier. `run` throws if it is not met; `skip` is the reason if the case does not apply.
 */
export interface ConformanceCase {
  readonly name: string;
  readonly skip?: string | undefined;
  run(): Promise<void>;
}

/**
 * The width of each model's hidden states in these cases: heads under test need as many weights, and twice as many if
 * they read both models'.
 */
export const conformanceWidth = 4;
