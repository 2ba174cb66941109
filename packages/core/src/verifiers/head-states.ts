/** The hidden states that a trained head reads. */
import * as v from "valibot";
import { LenityError } from "../error.ts";
import { isHiddenKind } from "../hidden-kind.ts";
import type { HiddenKind } from "../model.ts";
import type { Needs, Round } from "../verifier.ts";

/**
 * Whose hidden states at the drafted token a head reads. both: the target's followed by the draft's. AutoJudge
 * (2504.20039) has heads of the target's states and of both; its code calls them DT and DD-DT, and puts the draft's
 * first.
 */
export type HeadFeatures = "target" | "draft" | "both";

/** Which hidden states a head was trained on. */
export interface HeadStates {
  /** Default: target. */
  readonly features?: HeadFeatures | undefined;
  readonly hidden: HiddenKind;
  /** The kind of the draft's states, if it differs. Default: that of `hidden`. */
  readonly draftHidden?: HiddenKind | undefined;
}

const kind: v.GenericSchema<unknown, HiddenKind> = v.custom<HiddenKind>(
  isHiddenKind,
  ({ received }) => `expected pre-norm, post-norm, layer-N or layer-N-norm (N from 1), found ${received}`,
);
const features: v.GenericSchema<unknown, HeadFeatures> = v.picklist(["target", "draft", "both"]);

/** The fields of `HeadStates` in a head's file. */
export const statesSchema: {
  readonly features: v.OptionalSchema<typeof features, undefined>;
  readonly hidden: typeof kind;
  readonly draftHidden: v.OptionalSchema<typeof kind, undefined>;
} = { features: v.optional(features), hidden: kind, draftHidden: v.optional(kind) };

/** What a verifier with this head needs. */
export function headNeeds({ features = "target", hidden, draftHidden = hidden }: HeadStates): Needs {
  return {
    ...(features === "draft" ? {} : { hidden }),
    ...(features === "target" ? {} : { draftHidden }),
  };
}

/**
 * The numbers that a head of this many weights reads at each drafted token. Throws `unsupported` if they are more or
 * fewer.
 */
export function headInput(
  verifier: string,
  { features = "target" }: Pick<HeadStates, "features">,
  weights: number,
  round: Pick<Round, "hidden" | "draftHidden">,
): (at: number) => Float32Array {
  const target = features === "draft" ? undefined : round.hidden;
  const draft = features === "target" ? undefined : round.draftHidden;
  if ((features !== "draft" && target === undefined) || (features !== "target" && draft === undefined))
    throw new TypeError(`${verifier} reads hidden states, and the round has none.`);
  const own = target?.width ?? 0;
  const width = own + (draft?.width ?? 0);
  if (width !== weights) {
    const seen = features === "both" ? "the two hidden states have" : "the hidden state has";
    const whose = features === "target" ? "this target" : "these models";
    throw new LenityError(
      "unsupported",
      `The ${verifier} head has ${weights} weights, but ${seen} ${width} values. Use a head trained for ${whose}.`,
    );
  }
  return (at) => {
    const [first, second] = [target?.at(at), draft?.at(at)];
    if (first === undefined || second === undefined) return (first ?? second) as Float32Array;
    const both = new Float32Array(width);
    both.set(first);
    both.set(second, own);
    return both;
  };
}
