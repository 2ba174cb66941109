import { LenityError } from "@lenity/core";

export interface JsonOptions {
  /**
   * The most white space between two parts of the JSON, in bytes: 0 to 1000. With 0, the default, the JSON is written
   * as by `JSON.stringify`: compact, so that much of it is forced. With 20, a model may indent it, but cannot go on
   * with spaces forever. There is none before the first part and behind the last.
   */
  readonly whiteSpace?: number | undefined;
}

/** The option, checked. */
export function whiteSpaceOf({ whiteSpace = 0 }: JsonOptions): number {
  if (Number.isInteger(whiteSpace) && whiteSpace >= 0 && whiteSpace <= 1000) return whiteSpace;
  throw new LenityError("invalid_request", `whiteSpace is ${whiteSpace}; expected a whole number from 0 to 1000.`, {
    path: "whiteSpace",
  });
}
