/** What a combinator says of itself, from what its children say. */
import { LenityError } from "../error.ts";
import type { Reading } from "../evidence/reading.ts";
import type { Law, Needs, Verifier } from "../verifier.ts";

/**
 * What several verifiers need together. Two kinds of hidden state, or rules of different temperatures, do not go
 * together.
 */
export function combinedNeeds(children: readonly Verifier[]): Needs {
  const kinds = new Set(children.flatMap(({ needs }) => needs?.hidden ?? []));
  if (kinds.size > 1)
    throw new LenityError(
      "invalid_policy",
      "A policy reads one kind of hidden state: its judges want both pre-norm and post-norm.",
    );
  const modes = new Set(children.flatMap(({ needs }) => needs?.mode ?? []));
  if (modes.size > 1)
    throw new LenityError(
      "invalid_policy",
      "One part of the policy is defined at temperature 0 only, another above it only.",
    );
  const [[hidden], [mode]] = [[...kinds], [...modes]];
  return { hidden, mode, draftRows: children.some(({ needs }) => needs?.draftRows === true) || undefined };
}

/** What several verifiers read together: whole rows, if one of them does. */
export function combinedReads(children: readonly Pick<Verifier, "reads">[]): readonly Reading[] | undefined {
  if (children.some(({ reads }) => reads === undefined)) return undefined;
  return [...new Set(children.flatMap(({ reads }) => reads ?? []))];
}

/** Rules that each hold at their own positions, chosen without looking at the drafted token. */
export function lawByPosition(children: readonly Verifier[]): Law {
  if (children.some(({ joint }) => joint === true)) return "none";
  if (children.every(({ law }) => law === "exact")) return "exact";
  return children.every(({ law }) => law === "exact" || law === "mixture") ? "mixture" : "none";
}
