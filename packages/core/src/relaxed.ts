import type { Round, Verifier } from "./verifier.ts";
import { strictRule } from "./verifiers/strict-rule.ts";

/**
 * Whether strict verification with the same coins or noise would have rejected a drafted token. Accepted tokens like
 * that are the price of a lossy rule; they are counted only here.
 */
export function relaxedBy(verifier: Verifier, round: Round): (at: number) => boolean {
  if (verifier.law === "exact") return () => false;
  const { accept } = strictRule(verifier).verify(round);
  return (at) => accept[at] === false;
}
