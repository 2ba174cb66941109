/** Heads of either kind, and their scores. */
import { type AutojudgeHead, type HeadStates, importance, type JudgeHead, judgeScore } from "@lenity/core";

/** A head and its kind, which is the name of the verifier and of the preset that use it. */
export type TrainedHead =
  | { readonly kind: "judge"; readonly weights: JudgeHead }
  | { readonly kind: "autojudge"; readonly weights: AutojudgeHead };

export type HeadKind = TrainedHead["kind"];
export const headKinds: readonly HeadKind[] = ["judge", "autojudge"];

/** The thresholds of the presets `judge` and `autojudge`. */
export const presetThresholds: Readonly<Record<HeadKind, number>> = { judge: 0.5, autojudge: 0.1 };

/** The hidden states that a head reads. An AutoJudge head that does not say so reads those after the final norm. */
export const statesOf = ({ weights: { features, hidden = "post-norm", draftHidden } }: TrainedHead): HeadStates => ({
  features,
  hidden,
  draftHidden,
});

/** The head's score of a state, 0 to 1. judge: P(the token is fine). autojudge: P(the token must be rejected). */
export const scoreOf = (head: TrainedHead, state: Float32Array): number =>
  head.kind === "judge" ? judgeScore(head.weights, state) : importance(head.weights, state);

/** Whether the head's verifier accepts a token with this score. */
export const accepts = (kind: HeadKind, score: number, threshold: number): boolean =>
  kind === "judge" ? score > threshold : score < threshold;

/** P(the token must be rejected), from a score or a threshold; and back. */
export const riskOf = (kind: HeadKind, score: number): number => (kind === "judge" ? 1 - score : score);
