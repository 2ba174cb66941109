import type { Policy } from "@lenity/core";
import { judge, kl, orStrict, topk } from "../harness/policies.ts";
import type { Truncation } from "../harness/truncated-model.ts";

export interface SampledRule {
  readonly rule: string;
  readonly policy: Policy;
  /** The set that the rule accepts from: plain decoding with it is the honest baseline. */
  readonly truncation?: Truncation | undefined;
  /** Not defined at temperature 0. */
  readonly sampledOnly?: boolean | undefined;
}

export const gate = { type: "kl", threshold: 0.4, max_confidence: 0.9, rows: "processed" } as const;

/** Rules for sampling. */
export const rules: readonly SampledRule[] = [
  { rule: "block", policy: { type: "block" } },
  { rule: "kl 0.4", policy: kl(0.4) },
  { rule: "kl 1.4", policy: kl(1.4) },
  { rule: "ledger 1", policy: { type: "ledger", budget: 1, of: gate }, sampledOnly: true },
  { rule: "ledger 3", policy: { type: "ledger", budget: 3, of: gate }, sampledOnly: true },
  { rule: "js 0.1", policy: orStrict({ type: "divergence", measure: "js", threshold: 0.1 }), sampledOnly: true },
  { rule: "judge 0.5", policy: judge(0.5) },
  { rule: "mentored 0.2", policy: { type: "mentored", budget: 0.2 } },
  { rule: "ensemble 0.7", policy: { type: "ensemble", weight: 0.7 } },
  { rule: "lenience 0.3", policy: { type: "lenience", lenience: 0.3 } },
  { rule: "cascade 0.3", policy: { type: "cascade", alpha: 0.3 }, sampledOnly: true },
  {
    rule: "typical",
    policy: { type: "typical" },
    truncation: { kind: "typical", epsilon: 0.09, delta: 0.3 },
  },
  { rule: "topk 10, 0.6", policy: topk(10, 0.6), truncation: { kind: "topk", k: 10, delta: 0.6 } },
  {
    rule: "threshold 0.1",
    policy: { type: "threshold", single: 0.1 },
    truncation: { kind: "least", probability: 0.1 },
  },
];
