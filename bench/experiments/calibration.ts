/** Experiment 4: what a threshold loses in each family, and whether calibration keeps its promise. */
import { type Policy, seeded } from "@lenity/core";
import { calibrationPlots } from "./calibration/plots.ts";
import type { CalibrationReport, RuleRisk } from "./calibration/report.ts";
import { coverageOf, transferOf } from "./calibration/resampling.ts";
import { calibrationSection } from "./calibration/section.ts";
import type { Experiment } from "./harness/experiment.ts";
import { pointOf, rounded } from "./harness/point.ts";
import { autojudge, judge, kl, strict } from "./harness/policies.ts";
import { familyNames, type ProblemSet } from "./harness/problems.ts";
import type { Setting } from "./harness/setting.ts";
import { mean } from "./harness/statistics.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";

const draftTokens = 40;
const alphas = [0.02, 0.05, 0.1];
const [delta, prompts, resamplings, seed] = [0.1, 200, 200, 4];
/** In the matrix of families, where each has few problems. */
const transferAlpha = 0.1;

interface Rule {
  readonly rule: string;
  readonly option: string;
  /** From strict to loose. */
  readonly values: readonly number[];
  readonly policy: (value: number) => Policy;
}

const rules: readonly Rule[] = [
  { rule: "kl", option: "τ in nats", values: [0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.2, 1.4], policy: kl },
  { rule: "judge", option: "δ", values: [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], policy: judge },
  { rule: "autojudge", option: "t", values: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8], policy: autojudge },
];

const nameOf = ({ rule }: Rule, value: number): string => `${rule} ${value}`;
const problemsOf = (quick: boolean): ProblemSet => ({ side: "held-out", count: quick ? 8 : 640, seed: 104 });

const settings: readonly Setting[] = [
  { name: "strict", policy: strict, draftTokens },
  ...rules.flatMap((rule) =>
    rule.values.map((value) => ({
      ...{ name: nameOf(rule, value), policy: rule.policy(value), draftTokens },
      ...{ judge: "judge", autojudge: "autojudge" },
    })),
  ),
];

interface Results {
  readonly greedy: Answered;
}

export const calibration: Experiment<Results, CalibrationReport> = {
  name: "calibration",
  title: "What a threshold promises",
  plan(quick) {
    const greedy = sweep({ problems: problemsOf(quick), settings, temperature: 0 });
    return { needs: { heads: ["judge", "autojudge"] }, studies: { greedy } };
  },
  async report({ greedy }, { quick }) {
    return {
      ...{ problems: problemsOf(quick), draftTokens, delta, prompts, resamplings, seed, transferAlpha },
      rules: await Promise.all(rules.map((rule) => riskOf(rule, greedy))),
    };
  },
  plots: calibrationPlots,
  section: calibrationSection,
};

async function riskOf(rule: Rule, greedy: readonly Answered[]): Promise<RuleRisk> {
  const exact = answersUnder(greedy, "strict");
  const answers = rule.values.map((value) => answersUnder(greedy, nameOf(rule, value)));
  /** For each value, for each problem: 1 if strict verification's answer is right and this one is not. */
  const losses = answers.map((own) => own.map(({ right }, i) => (exact[i]?.right === true && !right ? 1 : 0)));
  const familyOf = greedy.map(({ family }) => family);
  const risks = (of: (problem: number) => boolean) => losses.map((own) => rounded(mean(own.filter((_, i) => of(i)))));
  const lengths = answers.map((own) => pointOf(own).tokensPerPass);
  return {
    rule: rule.rule,
    option: rule.option,
    values: rule.values,
    tokensPerPass: lengths,
    risk: risks(() => true),
    families: Object.fromEntries(familyNames.map((family) => [family, risks((i) => familyOf[i] === family)])),
    coverage: await coverageOf(losses, rule.values, { alphas, delta, prompts, resamplings, random: seeded(seed) }),
    transfer: await transferOf(losses, rule.values, { familyOf, alpha: transferAlpha, delta }),
  };
}
