/**
 * The floor under every rule, `unguarded` ones too: what the request itself rules out (top-k, top-p, min-p, ids that no
 * token has, logits of −∞) is never emitted. Many rules never look at the drafted token, and a drafter's row may well
 * give mass to what the target's processed row has cut off.
 */
import type { Evidence, Row } from "./evidence/evidence.ts";
import type { Round, Verdict } from "./verifier.ts";

/** The verdict with tokens refused that the request rules out, and replacements drawn within what it allows. */
export function withinSupport(verdict: Verdict, { draft, target, greedy }: Round): Verdict {
  const allowed = (accept: readonly boolean[]): readonly boolean[] => {
    const out = accept.findIndex((accepted, at) => !accepted || !target.supports(at, draft[at] as number));
    // What follows a rejection is not looked at.
    return out < 0 || accept[out] === false ? accept : accept.with(out, false);
  };
  return {
    ...verdict,
    accept: allowed(verdict.accept),
    shadows: verdict.shadows?.map((shadow) => ({ ...shadow, accept: allowed(shadow.accept) })),
    replacement(at) {
      const row = verdict.replacement?.(at);
      return row === undefined ? target.row(at) : allowedRow(row, target, at, greedy);
    },
  };
}

/** The row without the tokens that the request rules out, renormalised; the target's own where nothing else is left. */
function allowedRow(row: Row, target: Evidence, at: number, greedy: boolean): Row {
  // At temperature 0 few entries are above 0, and the processed row would not tell.
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
