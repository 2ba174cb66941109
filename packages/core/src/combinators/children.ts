/** The properties of a combinator, derived from its children. */
import { LenityError } from "../error.ts";
import type { Reading } from "../evidence/reading.ts";
import type { Law, Needs, Verifier } from "../verifier.ts";

/**
 * The combined needs of several verifiers. Two kinds of hidden state, or rules for different temperatures, cannot be
 * combined.
 */
export function combinedNeeds(children: readonly Verifier[]): Needs {
  const kinds = new Set(children.flatMap(({ needs }) => needs?.hidden ?? []));
  if (kinds.size > 1)
    throw new LenityError(
      "invalid_policy",
      "The policy's judges read both pre-norm and post-norm hidden states; expected one kind of hidden state. Use judges of the same kind.",
    );
  const modes = new Set(children.flatMap(({ needs }) => needs?.mode ?? []));
  if (modes.size > 1)
    throw new LenityError(
      "invalid_policy",
      "One part of the policy is defined only at temperature 0, another only above it; expected parts that work at the same temperature. Remove one of them.",
    );
  const [[hidden], [mode]] = [[...kinds], [...modes]];
  return { hidden, mode, draftRows: children.some(({ needs }) => needs?.draftRows === true) || undefined };
}

/** The combined readings of several verifiers: whole rows, if one of them reads whole rows. */
export function combinedReads(children: readonly Pick<Verifier, "reads">[]): readonly Reading[] | undefined {
  if (children.some(({ reads }) => reads === undefined)) return undefined;
  return [...new Set(children.flatMap(({ reads }) => reads ?? []))];
}

/** The law of rules that each decide some positions, chosen without looking at the drafted token. */
export function lawByPosition(children: readonly Verifier[]): Law {
  if (children.some(({ joint }) => joint === true)) return "none";
  if (children.every(({ law }) => law === "exact")) return "exact";
  return children.every(({ law }) => law === "exact" || law === "mixture") ? "mixture" : "none";
}
