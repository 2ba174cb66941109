/** Experiment 2: judges on a family that they were trained without, and the KL gate beside them. */
import type { Policy } from "@lenity/core";
import { domainPlots } from "./domain/plots.ts";
import type { DomainLine, DomainReport } from "./domain/report.ts";
import { domainSection } from "./domain/section.ts";
import type { Experiment } from "./harness/experiment.ts";
import { pointOf } from "./harness/point.ts";
import { autojudge, judge, kl, strict } from "./harness/policies.ts";
import type { ProblemSet } from "./harness/problems.ts";
import type { Setting } from "./harness/setting.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";
import { leftOut, rules } from "./judges/head-plan.ts";

const draftTokens = 40;
const draws = {
  kl: [0.1, 0.2, 0.4, 0.8, 1.4],
  judge: [0.9, 0.7, 0.5, 0.3, 0.1],
  autojudge: [0.01, 0.03, 0.1, 0.3, 0.6],
};

/** A rule with its thresholds. */
interface Rule {
  readonly rule: string;
  readonly without: boolean;
  readonly thresholds: readonly number[];
  readonly policy: (threshold: number) => Policy;
  readonly head?: string | undefined;
}

/** The KL gate, and each judge trained with and without the family. */
function rulesOf(family: string): Rule[] {
  const judges = rules.flatMap((rule) => {
    const trained =
      rule === "autojudge"
        ? { rule, thresholds: draws.autojudge, policy: autojudge }
        : { rule, thresholds: draws.judge, policy: judge };
    return [
      { ...trained, without: false, head: rule },
      { ...trained, without: true, head: `${rule}-without-${family}` },
    ];
  });
  return [{ rule: "kl", without: false, thresholds: draws.kl, policy: kl }, ...judges];
}

const nameOf = ({ rule, without }: Rule, threshold: number): string =>
  `${rule}${without ? " without" : ""} ${threshold}`;
const thresholdsOf = ({ thresholds }: Rule, quick: boolean): readonly number[] =>
  quick ? thresholds.filter((_, i) => i % 2 === 0) : thresholds;

const settingsOf = (family: string, quick: boolean): Setting[] => [
  { name: "strict", policy: strict, draftTokens },
  ...rulesOf(family).flatMap((rule) =>
    thresholdsOf(rule, quick).map((threshold) => ({
      name: nameOf(rule, threshold),
      policy: rule.policy(threshold),
      ...(rule.rule === "autojudge" ? { autojudge: rule.head } : { judge: rule.head }),
      draftTokens,
    })),
  ),
];

const problemsOf = (family: string, quick: boolean): ProblemSet => ({
  families: [family],
  side: "held-out",
  count: quick ? 4 : 300,
  seed: 102,
});

type Results = Readonly<Record<(typeof leftOut)[number], Answered>>;

export const domain: Experiment<Results, DomainReport> = {
  name: "domain",
  title: "Out of domain",
  plan(quick) {
    const study = (family: string) =>
      sweep({ problems: problemsOf(family, quick), settings: settingsOf(family, quick), temperature: 0 });
    const heads = leftOut.flatMap((family) => rulesOf(family).flatMap(({ head }) => head ?? []));
    return { needs: { heads: [...new Set(heads)] }, studies: { code: study("code"), words: study("words") } };
  },
  report(found, { quick }) {
    const line = (family: (typeof leftOut)[number], rule: Rule): DomainLine => ({
      rule: rule.rule,
      without: rule.without,
      points: thresholdsOf(rule, quick).map((threshold) => {
        const exact = answersUnder(found[family], "strict");
        return { threshold, point: pointOf(answersUnder(found[family], nameOf(rule, threshold)), exact) };
      }),
    });
    return {
      draftTokens,
      families: leftOut.map((family) => ({
        family,
        problems: problemsOf(family, quick),
        strict: pointOf(answersUnder(found[family], "strict")),
        lines: rulesOf(family).map((rule) => line(family, rule)),
      })),
    };
  },
  plots: domainPlots,
  section: domainSection,
};
