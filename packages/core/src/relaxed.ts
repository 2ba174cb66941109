import type { Round, Verdict, Verifier } from "./verifier.ts";
import { sd } from "./verifiers/sd.ts";

const strict = sd();

/**
 * Which drafted tokens a rule accepts where speculative sampling with the same coins would have rejected them: the
 * price of a lossy rule, counted in this one place.
 */
export function relaxedBy(verifier: Verifier, round: Round): (at: number) => boolean {
  if (verifier.law === "exact") return () => false;
  const { accept } = strict.verify(round) as Verdict;
  return (at) => accept[at] === false;
}
