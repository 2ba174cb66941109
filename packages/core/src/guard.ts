/**
 * Guards lossy rules against two known failures: answers that miss their end, and answers that loop.
 *
 * Control tokens stay strict: where the draft proposes one, or the target's argmax is one, only strict verification
 * decides. Once the answer repeats itself, the rest of the request is strict.
 */
import { combinedReads } from "./combinators/children.ts";
import type { Token } from "./model.ts";
import { replacedBy } from "./replacement.ts";
import type { Verifier } from "./verifier.ts";
import { strictRule } from "./verifiers/strict-rule.ts";

/** The rule with the guard. Lossless rules, and rules marked `unguarded`, are returned unchanged. */
export function guarded(verifier: Verifier): Verifier {
  if (verifier.law === "exact" || verifier.unguarded === true) return verifier;
  const strict = strictRule(verifier);
  return {
    ...verifier,
    reads: combinedReads([verifier, strict, { reads: ["argmax"] }]),
    async verify(round) {
      const { draft, target, control } = round;
      const exact = strict.verify(round);
      if (round.looping) return { ...exact, by: draft.map(() => strict.name) };
      const verdict = await verifier.verify(round);
      const held = draft.map(
        (token, at) =>
          verdict.accept[at] === true &&
          exact.accept[at] === false &&
          (control.has(token) || control.has(target.argmax(at))),
      );
      if (!held.includes(true)) return verdict;
      return {
        ...verdict,
        accept: verdict.accept.map((accepted, at) => accepted && held[at] === false),
        ...replacedBy((at) => (held[at] === true ? exact : verdict), target),
      };
    },
  };
}

/** The longest n-gram that is checked for repetition. */
const longestPeriod = 64;
/** How many times in a row it must occur, and how many tokens the repetition must span at least. */
const [repeats, leastTokens] = [4, 24];

/** Whether the answer ends in a repeated n-gram. */
export function loops(context: readonly Token[], promptLength: number): boolean {
  const length = context.length - promptLength;
  for (let period = 1; period <= longestPeriod; period++) {
    const span = Math.max(repeats * period, leastTokens);
    if (span > length) return false;
    let at = context.length - 1;
    const first = context.length - span + period;
    while (at >= first && context[at] === context[at - period]) at--;
    if (at < first) return true;
  }
  return false;
}
