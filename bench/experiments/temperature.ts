/** Experiment 7: rules that sample, at three temperatures, and what the ledger's bound is worth. */

import type { Experiment } from "./harness/experiment.ts";
import { pointOf, rounded } from "./harness/point.ts";
import { strict } from "./harness/policies.ts";
import type { ProblemSet } from "./harness/problems.ts";
import type { Setting } from "./harness/setting.ts";
import { mean } from "./harness/statistics.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";
import { type LedgerRun, ledgerStudy } from "./temperature/ledger-study.ts";
import { temperaturePlots } from "./temperature/plots.ts";
import type { LedgerReport, TemperatureReport } from "./temperature/report.ts";
import { rules, type SampledRule } from "./temperature/rules.ts";
import { temperatureSection } from "./temperature/section.ts";

const draftTokens = 16;
const budgets = [0.1, 0.3, 1, 3, 10];
const problemsOf = (quick: boolean): ProblemSet => ({ side: "held-out", count: quick ? 8 : 240, seed: 107 });

/** A rule's setting, and that of its baseline. */
function settingsOf(temperature: number): Setting[] {
  const own = rules.filter(({ sampledOnly }) => temperature > 0 || !sampledOnly);
  return [
    { name: "strict", policy: strict, draftTokens },
    ...own.flatMap(({ rule, policy, truncation }): Setting[] => [
      { name: rule, policy, judge: "judge", draftTokens },
      ...(truncation === undefined || temperature === 0
        ? []
        : [{ name: baseline(rule), policy: strict, truncation, draftTokens }]),
    ]),
  ];
}

const baseline = (rule: string): string => `${rule}, baseline`;

interface Results {
  readonly greedy: Answered;
  readonly half: Answered;
  readonly one: Answered;
  readonly ledger: LedgerRun;
}

const temperatures = { greedy: 0, half: 0.5, one: 1 } as const;

export const temperature: Experiment<Results, TemperatureReport> = {
  name: "temperature",
  title: "Temperature",
  plan(quick) {
    const problems = problemsOf(quick);
    const study = (name: keyof typeof temperatures) =>
      sweep({ problems, settings: settingsOf(temperatures[name]), temperature: temperatures[name] });
    return {
      needs: { heads: ["judge"] },
      studies: {
        ...{ greedy: study("greedy"), half: study("half"), one: study("one") },
        ledger: ledgerStudy({ problems, budgets, temperatures: [0.5, 1], draftTokens }),
      },
    };
  },
  report(found, { quick }) {
    const of = (name: keyof typeof temperatures) => {
      const answers = found[name];
      const exact = answersUnder(answers, "strict");
      const has = (setting: string) => answers[0] !== undefined && Object.hasOwn(answers[0].answers, setting);
      return {
        temperature: temperatures[name],
        strict: pointOf(exact),
        rules: rules
          .filter(({ rule }) => has(rule))
          .map(({ rule, policy }: SampledRule) => ({
            ...{ rule, policy, point: pointOf(answersUnder(answers, rule), exact) },
            ...(has(baseline(rule)) ? { baseline: pointOf(answersUnder(answers, baseline(rule)), exact) } : {}),
          })),
      };
    };
    return {
      ...{ problems: problemsOf(quick), draftTokens },
      temperatures: [of("greedy"), of("half"), of("one")],
      ledger: ledgerReport(found.ledger),
    };
  },
  plots: temperaturePlots,
  section: temperatureSection,
};

/** Means over the problems, with the interval of the mean divergence (normal, 95 %). */
function ledgerReport(runs: readonly LedgerRun[]): LedgerReport[] {
  return (runs[0] ?? []).map(({ temperature, budget }, i) => {
    const own = runs.map((run) => run[i] as LedgerRun[number]);
    const divergences = own.map(({ divergence }) => divergence);
    const middle = mean(divergences);
    const variance = mean(divergences.map((value) => (value - middle) ** 2));
    const spread = 1.96 * Math.sqrt(variance / own.length);
    const spent = own.map((run) => run.spent);
    return {
      ...{ temperature, budget, answers: own.length, divergence: rounded(middle) },
      interval: [rounded(middle - spread), rounded(middle + spread)],
      ...{ spent: rounded(mean(spent)), most: rounded(Math.max(...spent)) },
    };
  });
}
