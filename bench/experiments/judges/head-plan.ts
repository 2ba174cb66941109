/** The heads that the experiments need. */
import type { HiddenKind } from "@lenity/core";
import type { HeadKind } from "@lenity/train";

/** Which labels a head is trained on. */
export type Labels = "spans" | "mining" | "self";

export interface HeadPlan {
  /** The name of its file. */
  readonly name: string;
  readonly kind: HeadKind;
  readonly labels: Labels;
  readonly hidden: HiddenKind;
  /** A family that is left out of training. */
  readonly without?: string | undefined;
}

/** The families that judges are also trained without. */
export const leftOut = ["code", "words"] as const;

/** The layers of the ablation: shallow to last, before and after the norm. The built-in target has 8. */
export const layers: readonly (readonly [layer: number, hidden: HiddenKind, normed: HiddenKind])[] = [
  ...[1, 2, 4, 6].map((layer) => [layer, `layer-${layer}`, `layer-${layer}-norm`] as const),
  [8, "pre-norm", "post-norm"],
];

const trained: readonly Omit<HeadPlan, "name">[] = [
  { kind: "judge", labels: "spans", hidden: "pre-norm" },
  { kind: "autojudge", labels: "mining", hidden: "post-norm" },
  { kind: "judge", labels: "self", hidden: "pre-norm" },
];

/** `judge`, `autojudge` and `self`. */
export const rules = ["judge", "autojudge", "self"] as const;
const ruleOf = ({ kind, labels }: Omit<HeadPlan, "name">): string => (labels === "self" ? labels : kind);

export const layerHead = (hidden: HiddenKind): string => `judge-${hidden}`;

export const headPlans: readonly HeadPlan[] = [
  ...trained.map((plan) => ({ ...plan, name: ruleOf(plan) })),
  ...trained.flatMap((plan) =>
    leftOut.map((family) => ({ ...plan, name: `${ruleOf(plan)}-without-${family}`, without: family })),
  ),
  ...layers
    .flatMap(([, hidden, normed]) => [hidden, normed])
    .map((hidden): HeadPlan => ({ name: layerHead(hidden), kind: "judge", labels: "spans", hidden })),
];
