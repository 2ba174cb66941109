/** Experiment 6: what longer blocks hide: more tokens, answers cut off, loops, and the draft's overconfidence. */
import type { Policy } from "@lenity/core";
import type { Experiment } from "./harness/experiment.ts";
import { pointOf } from "./harness/point.ts";
import { entropyGate, everything, judge, kl, strict, topk } from "./harness/policies.ts";
import type { ProblemSet } from "./harness/problems.ts";
import type { Setting } from "./harness/setting.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";
import { lengthPlots } from "./length/plots.ts";
import type { LengthReport, LengthRule } from "./length/report.ts";
import { lengthSection } from "./length/section.ts";

const rules: readonly { readonly rule: string; readonly policy: Policy }[] = [
  { rule: "kl 0.4", policy: kl(0.4) },
  { rule: "kl 1.4", policy: kl(1.4) },
  { rule: "judge 0.5", policy: judge(0.5) },
  { rule: "topk 10, 0.6", policy: topk(10, 0.6) },
  { rule: "entropy gate 0.3", policy: entropyGate(0.3) },
  { rule: "everything", policy: everything },
];

const problemsOf = (quick: boolean): ProblemSet => ({ side: "held-out", count: quick ? 8 : 240, seed: 106 });
const lengthsOf = (quick: boolean): readonly number[] => (quick ? [1, 8, 40] : [1, 2, 4, 8, 16, 25, 40]);
const nameOf = (rule: string, guarded: boolean, draftTokens: number): string =>
  `${rule}, ${guarded ? "guarded" : "unguarded"}, ${draftTokens}`;

function settingsOf(quick: boolean): Setting[] {
  return lengthsOf(quick).flatMap((draftTokens) => [
    { name: nameOf("strict", true, draftTokens), policy: strict, draftTokens },
    ...rules.flatMap(({ rule, policy }) => [
      { name: nameOf(rule, true, draftTokens), policy, judge: "judge", draftTokens },
      {
        name: nameOf(rule, false, draftTokens),
        policy: { type: "unguarded", of: policy },
        judge: "judge",
        draftTokens,
      },
    ]),
  ]);
}

interface Results {
  readonly greedy: Answered;
}

export const length: Experiment<Results, LengthReport> = {
  name: "length",
  title: "What speed hides",
  plan(quick) {
    const greedy = sweep({ problems: problemsOf(quick), settings: settingsOf(quick), temperature: 0 });
    return { needs: { heads: ["judge"] }, studies: { greedy } };
  },
  report({ greedy }, { quick }) {
    const line = (rule: string, guarded: boolean): LengthRule => ({
      rule,
      guarded,
      points: lengthsOf(quick).map((draftTokens) => {
        const exact = answersUnder(greedy, nameOf("strict", true, draftTokens));
        return { draftTokens, point: pointOf(answersUnder(greedy, nameOf(rule, guarded, draftTokens)), exact) };
      }),
    });
    return {
      problems: problemsOf(quick),
      lines: [line("strict", true), ...rules.flatMap(({ rule }) => [line(rule, true), line(rule, false)])],
    };
  },
  plots: lengthPlots,
  section: lengthSection,
};
