/**
 * One requirement for every verifier. `run` throws if it is not met; `skip` is the reason if the case does not apply.
 */
export interface ConformanceCase {
  readonly name: string;
  readonly skip?: string | undefined;
  run(): Promise<void>;
}

/** The width of the hidden states in these cases: heads under test need as many weights. */
export const conformanceWidth = 4;
