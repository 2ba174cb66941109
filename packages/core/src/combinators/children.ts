/** The properties of a combinator, derived from its children. */
import { LenityError } from "../error.ts";
import type { Reading } from "../evidence/reading.ts";
import type { HiddenKind } from "../model.ts";
import type { Drawing, Law, Needs, Verifier } from "../verifier.ts";

/**
 * The combined needs of several verifiers. Two kinds of hidden state of a model, or rules for different temperatures,
 * cannot be combined.
 */
export function combinedNeeds(children: readonly Verifier[]): Needs {
  const hidden = onlyKind(children, "hidden");
  const draftHidden = onlyKind(children, "draftHidden");
  const modes = new Set(children.flatMap(({ needs }) => needs?.mode ?? []));
  if (modes.size > 1)
    throw new LenityError(
      "invalid_policy",
      "One part of the policy is defined only at temperature 0, another only above it; expected parts that work at the same temperature. Remove one of them.",
    );
  const [mode] = modes;
  return { hidden, draftHidden, mode, draftRows: children.some(({ needs }) => needs?.draftRows === true) || undefined };
}

/** The kind of hidden state that the children read of one model. */
function onlyKind(children: readonly Verifier[], need: "hidden" | "draftHidden"): HiddenKind | undefined {
  const [kind, other] = new Set(children.flatMap(({ needs }) => needs?.[need] ?? []));
  if (other === undefined) return kind;
  const whose = need === "hidden" ? "" : " of the draft";
  throw new LenityError(
    "invalid_policy",
    `The policy's judges read both ${kind} and ${other} hidden states${whose}; expected one kind of hidden state. Use judges of the same kind.`,
  );
}

/** The combined readings of several verifiers: whole rows, if one of them reads whole rows. */
export function combinedReads(children: readonly Pick<Verifier, "reads">[]): readonly Reading[] | undefined {
  if (children.some(({ reads }) => reads === undefined)) return undefined;
  return [...new Set(children.flatMap(({ reads }) => reads ?? []))];
}

/** How the children that are no gates draw tokens. One that draws by coins cannot be combined with one that draws by noise. */
export function combinedDrawing(children: readonly Verifier[]): Drawing | undefined {
  const [drawing, other] = new Set(children.flatMap(({ gate, drawing = "coins" }) => (gate === true ? [] : [drawing])));
  if (other === undefined) return drawing;
  const names = children.map(({ name }) => name).join(", ");
  throw new LenityError(
    "invalid_policy",
    `The policy combines rules that draw tokens by coins with others that draw them by noise (${names}); expected one way. Beside coupled use only gates such as kl, and name coupled where sd is the default.`,
  );
}

/** The law of rules that each decide some positions, chosen without looking at the drafted token. */
export function lawByPosition(children: readonly Verifier[]): Law {
  if (children.some(({ joint }) => joint === true)) return "none";
  if (children.every(({ law }) => law === "exact")) return "exact";
  return children.every(({ law }) => law === "exact" || law === "mixture") ? "mixture" : "none";
}
