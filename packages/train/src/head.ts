/** Heads of either kind: their files and their scores. */
import {
  type AutojudgeHead,
  autojudgeHead,
  type HiddenKind,
  importance,
  type JudgeHead,
  judgeHead,
  judgeScore,
  LenityError,
} from "@lenity/core";
import * as v from "valibot";
import type { HeadStates } from "./head-states.ts";
import type { Provenance } from "./provenance.ts";

/** A head with its kind, which is the name of the verifier and the preset that use it, and with what it reads. */
export type TrainedHead = HeadStates &
  (
    | { readonly kind: "judge"; readonly weights: JudgeHead }
    | { readonly kind: "autojudge"; readonly weights: AutojudgeHead }
  );

export type HeadKind = TrainedHead["kind"];
export const headKinds: readonly HeadKind[] = ["judge", "autojudge"];

/** The thresholds of the presets `judge` and `autojudge`. */
export const presetThresholds: Readonly<Record<HeadKind, number>> = { judge: 0.5, autojudge: 0.1 };

/** Reads a head from the content of its JSON file. Throws `model_files` if it is none. */
export function readHead(json: unknown): TrainedHead {
  const states = v.safeParse(statesSchema, json);
  if (!states.success) {
    const [issue] = states.issues;
    throw new LenityError("model_files", `The head is not valid at "${v.getDotPath(issue) ?? "."}": ${issue.message}`);
  }
  const { features, hidden, draftHidden, mean } = states.output;
  if (mean === undefined) {
    const weights = judgeHead(json);
    return { kind: "judge", features, hidden: weights.hidden, draftHidden, weights };
  }
  return { kind: "autojudge", features, hidden: hidden ?? "post-norm", draftHidden, weights: autojudgeHead(json) };
}

/** The content of a head's JSON file. */
export const headFile = ({ features, hidden, draftHidden, weights }: TrainedHead, provenance: Provenance): object => ({
  ...{ features, hidden, draftHidden },
  ...weights,
  provenance,
});

/** The head's score of a state, 0 to 1. judge: P(the token is fine). autojudge: P(the token must be rejected). */
export const scoreOf = (head: TrainedHead, state: Float32Array): number =>
  head.kind === "judge" ? judgeScore(head.weights, state) : importance(head.weights, state);

/** Whether the head's verifier accepts a token with this score. */
export const accepts = (kind: HeadKind, score: number, threshold: number): boolean =>
  kind === "judge" ? score > threshold : score < threshold;

/** P(the token must be rejected), from a score or a threshold; and back. */
export const riskOf = (kind: HeadKind, score: number): number => (kind === "judge" ? 1 - score : score);

const kind = v.optional(v.custom<HiddenKind>((value) => typeof value === "string", "expected a kind of hidden state"));
const statesSchema = v.object({
  features: v.optional(v.picklist(["target", "draft", "both"])),
  hidden: kind,
  draftHidden: kind,
  mean: v.optional(v.unknown()),
});

/** The SHA-256 hashes of the label files that a head was trained on, from the content of its file. */
export function trainingHashes(json: unknown): string[] {
  const found = v.safeParse(originSchema, json);
  return found.success ? found.output.provenance.labels.map(({ sha256 }) => sha256) : [];
}

const originSchema = v.object({ provenance: v.object({ labels: v.array(v.object({ sha256: v.string() })) }) });
