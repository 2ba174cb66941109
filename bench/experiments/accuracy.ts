/** Experiment 1: what each policy's accepted tokens cost in right answers. */
import { accuracyPlots } from "./accuracy/plots.ts";
import type { AccuracyReport, Line } from "./accuracy/report.ts";
import { type Choice, type Rule, rules } from "./accuracy/rules.ts";
import { accuracySection } from "./accuracy/section.ts";
import type { Experiment } from "./harness/experiment.ts";
import { pointOf } from "./harness/point.ts";
import { strict } from "./harness/policies.ts";
import type { ProblemSet } from "./harness/problems.ts";
import type { Setting } from "./harness/setting.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";

/** The block length of the papers on judges. */
const draftTokens = 40;
/** Strict verification of short blocks: the law of plain decoding in fewer passes. */
const plainLaw = { policy: strict, draftTokens: 8 } as const;

/** The first, a middle and the last choice. */
const some = (rule: Rule): Rule => ({
  ...rule,
  choices: rule.choices.filter((_, i, all) => i === 0 || i === all.length >> 1 || i === all.length - 1),
});

const rulesOf = (quick: boolean): readonly Rule[] => (quick ? rules.map(some) : rules);
const problemsOf = (quick: boolean): ProblemSet => ({ side: "held-out", count: quick ? 8 : 400, seed: 101 });
const nameOf = ({ rule }: Rule, { value }: Choice): string => `${rule} ${value}`;

interface Results {
  readonly greedy: Answered;
  readonly sampled: Answered;
}

export const accuracy: Experiment<Results, AccuracyReport> = {
  name: "accuracy",
  title: "Right answers against accepted tokens",
  plan(quick) {
    const problems = problemsOf(quick);
    const all = rulesOf(quick).flatMap((rule) =>
      rule.choices.map((choice) => ({ ...choice, name: nameOf(rule, choice) })),
    );
    const greedy: Setting[] = [
      { name: "strict", policy: strict, draftTokens },
      { name: "plain", draftTokens: 0 },
      ...all.map(({ name, policy, judge, autojudge }) => ({ name, policy, judge, autojudge, draftTokens })),
    ];
    const sampled: Setting[] = [
      { name: "sampled", ...plainLaw },
      ...all
        .filter(({ truncation }) => truncation !== undefined)
        .map(({ name, truncation }) => ({ name, truncation, ...plainLaw })),
    ];
    return {
      needs: { heads: ["judge", "self", "autojudge"] },
      studies: {
        greedy: sweep({ problems, settings: greedy, temperature: 0 }),
        sampled: sweep({ problems, settings: sampled, temperature: 1 }),
      },
    };
  },
  report({ greedy, sampled }, { quick }) {
    const exact = answersUnder(greedy, "strict");
    const line = ({ choices, ...rule }: Rule): Line => ({
      ...rule,
      points: choices.map(({ value, policy, truncation }) => {
        const name = nameOf({ ...rule, choices }, { value, policy });
        const point = pointOf(answersUnder(greedy, name), exact);
        return truncation === undefined
          ? { value, policy, point }
          : { value, policy, point, baseline: pointOf(answersUnder(sampled, name), exact) };
      }),
    });
    return {
      draftTokens,
      problems: problemsOf(quick),
      plain: pointOf(answersUnder(greedy, "plain")),
      strict: pointOf(exact),
      sampled: pointOf(answersUnder(sampled, "sampled"), exact),
      strictDiffers: differences(greedy),
      lines: rulesOf(quick).map(line),
    };
  },
  plots: accuracyPlots,
  section: accuracySection,
};

/** Strict verification changes nothing: the text of the two answers must be the same, so their tokens and verdicts are. */
function differences(greedy: readonly Answered[]): number {
  return greedy.filter(
    ({ answers: { strict, plain } }) => strict?.tokens !== plain?.tokens || strict?.right !== plain?.right,
  ).length;
}
