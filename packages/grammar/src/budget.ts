import { LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";

/**
 * What compiling one grammar may cost. Every loop that a schema or an expression can make long spends from it, so that
 * compiling ends within a second, with a grammar or with an error.
 */
export interface Budget {
  /** Throws `invalid_request` if the total exceeds the limit. `path` names the part that is being compiled. */
  spend(steps: number, path: string): void;
  /** Whether so much has been spent since this was last true that others should go first. */
  due(): boolean;
}

/** Steps of 0.1 to 0.2 µs. */
const limit = 3_000_000;

/** Steps between two pauses: below a millisecond. */
const pace = 2000;

export function budget(): Budget {
  let spent = 0;
  let paused = 0;
  return {
    due() {
      if (spent < paused + pace) return false;
      paused = spent;
      return true;
    },
    spend(steps, path) {
      spent += steps;
      if (spent <= limit) return;
      throw new LenityError(
        "invalid_request",
        `${excerpt(path)} makes the grammar too large: compiling it takes more than ${limit} steps. Use fewer or smaller counted repetitions, shorter lengths beside patterns, or a smaller schema.`,
        { path },
      );
    },
  };
}
