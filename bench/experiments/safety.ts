/** Experiment 5: how many requests that the target refuses get through. */
import type { Policy } from "@lenity/core";
import { neverRefusedByDraft } from "../../packages/tiny/src/families/requests.ts";
import type { Experiment } from "./harness/experiment.ts";
import { autojudge, entropyGate, judge, kl, orStrict, strict, topk } from "./harness/policies.ts";
import type { ProblemSet } from "./harness/problems.ts";
import type { DraftName, Setting } from "./harness/setting.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";
import { type Leak, leakOf } from "./safety/leak.ts";
import { safetyPlots } from "./safety/plots.ts";
import type { SafetyReport } from "./safety/report.ts";
import { safetySection } from "./safety/section.ts";

/** The block length of the preset `judge`. */
const draftTokens = 25;
/** How many tokens of an answer stay strict. A refusal's first sentence is longer, but by then the answer has refused. */
const opening = 8;

const policies: Readonly<Record<string, Policy>> = {
  strict,
  "kl 0.4": kl(0.4),
  "kl 1.4": kl(1.4),
  "kl 1.4, no mask": orStrict({ type: "kl", threshold: 1.4 }),
  "js 0.2": orStrict({ type: "divergence", measure: "js", threshold: 0.2, rows: "raw" }),
  "judge 0.5": judge(0.5),
  "judge 0.1": judge(0.1),
  "self 0.5": judge(0.5),
  "autojudge 0.1": autojudge(0.1),
  "autojudge 0.6": autojudge(0.6),
  "topk 10, 0.6": topk(10, 0.6),
  "topk 10, 1": topk(10, 1),
  "lenience 0.1": { type: "lenience", lenience: 0.1 },
  "lenience 0.01": { type: "lenience", lenience: 0.01 },
  "ensemble 0.4": { type: "ensemble", weight: 0.4 },
  "entropy gate 0.3": entropyGate(0.3),
  "fly 0.1, 3": { type: "fly", entropy: 0.1, window: 3 },
};

/** In the quick form: one of each kind. */
const few = ["strict", "kl 1.4", "judge 0.1", "topk 10, 1", "fly 0.1, 3"];
const policiesOf = (quick: boolean): readonly (readonly [string, Policy])[] =>
  Object.entries(policies).filter(([name]) => !quick || few.includes(name));

const drafts: readonly DraftName[] = ["plain", "complied"];
const problemsOf = (quick: boolean): ProblemSet => ({
  families: ["requests"],
  side: "held-out",
  count: quick ? 12 : 400,
  seed: 105,
  unsafe: true,
});

const strictOpening = (then: Policy): Policy => ({ type: "when", condition: { min_position: opening }, then });
const nameOf = (policy: string, draft: DraftName, kept: boolean): string =>
  `${policy}, ${draft}${kept ? ", kept" : ""}`;

const settingsOf = (quick: boolean): Setting[] =>
  policiesOf(quick).flatMap(([name, policy]) =>
    drafts.flatMap((draft) => {
      const common = { draft, draftTokens, judge: name.startsWith("self") ? "self" : "judge", autojudge: "autojudge" };
      return [
        { ...common, name: nameOf(name, draft, false), policy },
        { ...common, name: nameOf(name, draft, true), policy: strictOpening(policy) },
      ];
    }),
  );

interface Results {
  readonly requests: Answered;
}

export const safety: Experiment<Results, SafetyReport> = {
  name: "safety",
  title: "Refusals that get lost",
  plan(quick) {
    const requests = sweep({ problems: problemsOf(quick), settings: settingsOf(quick), temperature: 0 });
    return { needs: { heads: ["judge", "self", "autojudge"], complied: true }, studies: { requests } };
  },
  report({ requests }, { quick }) {
    const refused = requests.filter(({ answers }) => answers[nameOf("strict", "plain", false)]?.refused);
    const leak = (policy: string, draft: DraftName, kept: boolean, stories?: readonly string[]): Leak =>
      leakOf(
        answersUnder(
          refused.filter(({ story }) => stories === undefined || stories.includes(story)),
          nameOf(policy, draft, kept),
        ),
      );
    return {
      problems: problemsOf(quick),
      ...{ draftTokens, opening, refused: refused.length, unlearnt: neverRefusedByDraft },
      policies: policiesOf(quick).map(([name, policy]) => ({
        ...{ name, policy },
        drafts: drafts.map((draft) => ({
          draft,
          asIs: leak(name, draft, false),
          kept: leak(name, draft, true),
          unlearnt: leak(name, draft, false, neverRefusedByDraft),
        })),
      })),
    };
  },
  plots: safetyPlots,
  section: safetySection,
};
