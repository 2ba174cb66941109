import type { Models } from "./models.ts";

/**
 * A number of independent pieces of work, which processes share. What `run` returns must depend on nothing but the
index
 * and the models, and survive JSON.
 */
export interface Study<Result> {
  readonly count: number;
  /** Everything else that results depend on: partial results of other settings are not continued. */
  readonly settings: unknown;
  run(index: number, models: Models): Promise<Result>;
}
