import type { Round, Verdict, Verifier } from "./verifier.ts";
import { sd } from "./verifiers/sd.ts";

const strict = sd();

/**
 * Whether speculative sampling with the same coins would have rejected a drafted token. Accepted tokens like that are
 * the price of a lossy rule; they are counted only here.
 */
export function relaxedBy(verifier: Verifier, round: Round): (at: number) => boolean {
  if (verifier.law === "exact") return () => false;
  const { accept } = strict.verify(round) as Verdict;
  return (at) => accept[at] === false;
}
