/**
 * A limit on every rule, including `unguarded` ones: tokens that the request rules out (top-k, top-p, min-p, bans, a
 * grammar, ids without a token) are never emitted. Many rules never look at the drafted token, and the drafter's row
 * may give mass to tokens that the target's processed row has cut off.
 */
import type { Evidence, Row } from "./evidence/evidence.ts";
import { thinningOf } from "./replacement.ts";
import type { Round, Verdict } from "./verifier.ts";

/** The verdict, with tokens that the request rules out rejected and left out of replacements. */
export function withinSupport(verdict: Verdict, { draft, target, greedy }: Round): Verdict {
  const allowed = (accept: readonly boolean[]): readonly boolean[] => {
    const out = accept.findIndex((accepted, at) => !accepted || !target.supports(at, draft[at] as number));
    // Tokens after a rejection do not matter.
    return out < 0 || accept[out] === false ? accept : accept.with(out, false);
  };
  return {
    ...verdict,
    accept: allowed(verdict.accept),
    shadows: verdict.shadows?.map((shadow) => ({ ...shadow, accept: allowed(shadow.accept) })),
    thinning: (at) => thinningOf(verdict, at),
    replacement(at) {
      const row = verdict.replacement?.(at);
      return row === undefined ? target.row(at) : allowedRow(row, target, at, greedy);
    },
  };
}

/** The row without the tokens that the request rules out, renormalised; the target's row if nothing is left. */
function allowedRow(row: Row, target: Evidence, at: number, greedy: boolean): Row {
  // At temperature 0 the processed row is one-hot and does not show what is allowed; few entries of `row` are above 0.
  const processed = greedy ? undefined : target.row(at);
  const out = (token: number) => (processed === undefined ? !target.supports(at, token) : processed[token] === 0);
  let kept: Row | undefined;
  for (let token = 0; token < row.length; token++) {
    if ((row[token] as number) === 0 || !out(token)) continue;
    kept ??= row.slice();
    kept[token] = 0;
  }
  if (kept === undefined) return row;
  const mass = kept.reduce((sum, value) => sum + value, 0);
  return mass > 0 ? kept.map((value) => value / mass) : target.row(at);
}
