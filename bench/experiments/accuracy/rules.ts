/** The rules of experiment 1, from careful to lax. */
import type { Policy } from "@lenity/core";
import { autojudge, entropyGate, judge, kl, orStrict, topk } from "../harness/policies.ts";
import type { Setting } from "../harness/setting.ts";
import type { Truncation } from "../harness/truncated-model.ts";
import type { Line } from "./report.ts";

/** One value of a rule's option. */
export type Choice = Pick<Setting, "judge" | "autojudge"> & {
  readonly value: string;
  readonly policy: Policy;
  readonly truncation?: Truncation | undefined;
};
export type Rule = Omit<Line, "points"> & { readonly choices: readonly Choice[] };

const each = (values: readonly number[], policy: (value: number) => Policy, more: Partial<Choice> = {}): Choice[] =>
  values.map((value) => ({ ...more, value: String(value), policy: policy(value) }));

const divergence = (measure: string) => (threshold: number) =>
  orStrict({ type: "divergence", measure, threshold, rows: "raw" });

const compared = (rule: string, option: string, choices: readonly Choice[]): Rule => ({
  rule,
  panel: "Two rows compared",
  option,
  choices,
});

export const rules: readonly Rule[] = [
  compared("kl, masked", "τ in nats", each([0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.4], kl)),
  compared("kl", "τ in nats", each([0.1, 0.4, 0.8, 1.4], divergence("kl"))),
  compared("reverse kl", "τ in nats", each([0.1, 0.4, 0.8, 1.4], divergence("reverse-kl"))),
  compared("js", "τ in nats", each([0.02, 0.05, 0.1, 0.2], divergence("js"))),
  compared("tv", "τ", each([0.1, 0.2, 0.3, 0.45], divergence("tv"))),
  {
    rule: "judge",
    panel: "Trained judges",
    option: "δ",
    choices: each([0.9, 0.7, 0.5, 0.3, 0.1], judge, { judge: "judge" }),
  },
  {
    rule: "self-trained judge",
    panel: "Trained judges",
    option: "δ",
    choices: each([0.9, 0.7, 0.5, 0.3, 0.1], judge, { judge: "self" }),
  },
  {
    rule: "autojudge",
    panel: "Trained judges",
    option: "t",
    choices: each([0.01, 0.03, 0.1, 0.3, 0.6], autojudge, { autojudge: "autojudge" }),
  },
  {
    rule: "topk",
    panel: "Sets of good tokens",
    option: "k, Δ",
    choices: (
      [
        [2, 0.3],
        [2, 0.6],
        [10, 0.3],
        [10, 0.6],
        [10, 1],
      ] as const
    ).map(([k, delta]) => ({
      value: `${k}, ${delta}`,
      policy: topk(k, delta),
      truncation: { kind: "topk", k, delta },
    })),
  },
  {
    rule: "lenience",
    panel: "Sets of good tokens",
    option: "l",
    choices: [0.5, 0.2, 0.1, 0.05, 0.01].map((share) => ({
      value: String(share),
      policy: { type: "lenience", lenience: share },
      truncation: { kind: "ratio", share },
    })),
  },
  {
    rule: "ensemble",
    panel: "Sets of good tokens",
    option: "w",
    choices: each([0.8, 0.6, 0.4, 0.2], (weight) => ({ type: "ensemble", weight })),
  },
  {
    rule: "typical",
    panel: "Sets of good tokens",
    option: "ε, δ",
    choices: [
      {
        value: "0.09, 0.3",
        policy: { type: "typical" },
        truncation: { kind: "typical", epsilon: 0.09, delta: 0.3 },
      },
    ],
  },
  {
    rule: "entropy gate",
    panel: "An unsure target",
    option: "least entropy in nats",
    choices: [1.2, 0.9, 0.6, 0.3, 0.1].map((least) => ({
      value: String(least),
      policy: entropyGate(least),
      truncation: { kind: "entropy", least },
    })),
  },
  {
    rule: "fly",
    panel: "An unsure target",
    option: "θ in nats, W",
    choices: (
      [
        [0.3, 6],
        [0.3, 3],
        [0.1, 3],
        [0.05, 2],
      ] as const
    ).map(([entropy, window]) => ({ value: `${entropy}, ${window}`, policy: { type: "fly", entropy, window } })),
  },
];
