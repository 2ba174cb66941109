/** The lossless rule that lenity itself applies beside a policy's: to control tokens, and to count relaxed tokens. */
import type { Drawing, Round, Verdict, Verifier } from "../verifier.ts";
import { coupled } from "./coupled.ts";
import { sd } from "./sd.ts";

/** A rule that decides at once. */
interface StrictRule extends Verifier {
  verify(round: Round): Verdict;
}

const rules: Readonly<Record<Drawing, StrictRule>> = {
  coins: sd() as StrictRule,
  noise: coupled() as StrictRule,
};

/** The one that draws tokens as this verifier does. `sd` would be inexact where its replacements share a draft's noise. */
export function strictRule({ drawing = "coins" }: Pick<Verifier, "drawing">): StrictRule {
  return rules[drawing];
}
