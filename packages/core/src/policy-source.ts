import type { Policy } from "./registry.ts";
import type { Verifier } from "./verifier.ts";
import type { AutojudgeHead } from "./verifiers/autojudge.ts";
import type { JudgeHead } from "./verifiers/judge.ts";

/** What `defaultRegistry` made a verifier from, as plain data: another thread makes the same one from it. */
export interface PolicySource {
  readonly policy: Policy;
  /** The number of that registry in this program: those of one number have the same heads. */
  readonly registry: number;
  readonly judge?: JudgeHead | undefined;
  readonly autojudge?: AutojudgeHead | undefined;
}

const sources = new WeakMap<Verifier, PolicySource>();

/** Remembers what a verifier was made from. */
export function setPolicySource(verifier: Verifier, source: PolicySource): void {
  sources.set(verifier, source);
}

/** What a verifier was made from. Undefined if that is not only plain data, or if the verifier was wrapped or changed. */
export const policySource = (verifier: Verifier): PolicySource | undefined => sources.get(verifier);
