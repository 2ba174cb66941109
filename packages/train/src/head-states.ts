import type { HiddenKind } from "@lenity/core";

/**
 * Whose hidden states at a token a head reads. both: the target's followed by the draft's (AutoJudge, 2504.20039,
 * section 3, reads either the target's or both).
 */
export type Features = "target" | "draft" | "both";
export const features: readonly Features[] = ["target", "draft", "both"];

/** Which hidden states a head reads. */
export interface HeadStates {
  /** Default: target. */
  readonly features?: Features | undefined;
  readonly hidden: HiddenKind;
  /** The kind of the draft's states, if it differs. Default: that of `hidden`. */
  readonly draftHidden?: HiddenKind | undefined;
}
