/** How the token in place of a rejected one is drawn: from a row, or by thinning draws from the target's row. */
import type { Evidence } from "./evidence/evidence.ts";
import type { Thinning, Verdict } from "./verifier.ts";

/** Both ways of replacing a token. */
export type Replacement = Pick<Verdict, "replacement" | "thinning">;

const always: Thinning = () => 1;

/** How to thin draws at this position; undefined if only the row says what to draw. */
export function thinningOf({ replacement, thinning }: Replacement, at: number): Thinning | undefined {
  return replacement === undefined ? always : thinning?.(at);
}

/** The replacement of a rule that leaves each position to another verdict, or to the target's row. */
export function replacedBy(deciding: (at: number) => Replacement | undefined, target: Evidence): Required<Replacement> {
  return {
    replacement: (at) => deciding(at)?.replacement?.(at) ?? target.row(at),
    thinning: (at) => thinningOf(deciding(at) ?? {}, at),
  };
}
