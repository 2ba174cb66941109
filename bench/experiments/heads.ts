/** Trains the judges that the experiments use, and says how well they find wrong tokens. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type HiddenKind, seeded } from "@lenity/core";
import {
  chooseTau,
  type Evaluation,
  type Example,
  evaluate,
  fitHead,
  headFile,
  type LabelledAnswer,
  readExamples,
  riskOf,
  scoreOf,
} from "@lenity/train";
import { withProgress } from "../../packages/cli/src/progress.ts";
import type { Experiment, Found, RunContext } from "./harness/experiment.ts";
import { loadModels, type Models, weightsHash } from "./harness/models.ts";
import { rounded } from "./harness/point.ts";
import type { ProblemSet } from "./harness/problems.ts";
import { type HeadPlan, headPlans, type Labels } from "./judges/head-plan.ts";
import { mining, self, spans } from "./judges/label-studies.ts";
import { headsPlots } from "./judges/plots.ts";
import { rankingOf } from "./judges/ranking.ts";
import type { HeadReport, HeadsReport, LabelCounts } from "./judges/report.ts";
import { headsSection } from "./judges/section.ts";

interface Results {
  readonly spans: LabelledAnswer;
  readonly mining: LabelledAnswer;
  readonly self: LabelledAnswer;
  readonly heldOut: LabelledAnswer;
}

/** How many mined answers τ of the self-trained judge is chosen by: as in SelfJudge, section 4.1. */
const answersForTau = 100;

const problemsOf = (quick: boolean): Readonly<Record<keyof Results, ProblemSet>> => ({
  spans: { side: "train", count: quick ? 40 : 800, seed: 1 },
  mining: { side: "train", count: quick ? 64 : 400, seed: 2 },
  self: { side: "train", count: quick ? 32 : 600, seed: 3 },
  heldOut: { side: "held-out", count: quick ? 24 : 240, seed: 4 },
});

export const heads: Experiment<Results, HeadsReport> = {
  name: "heads",
  title: "The judges",
  plan(quick) {
    const problems = problemsOf(quick);
    return {
      needs: {},
      studies: {
        spans: spans(problems.spans),
        mining: mining(problems.mining),
        self: self(problems.self),
        heldOut: spans(problems.heldOut),
      },
    };
  },
  async report(found, context) {
    const models = await loadModels(context.folders, { hidden: [...new Set(headPlans.map(({ hidden }) => hidden))] });
    try {
      return await fitAll({ ...found, self: await relabelled(found, models) }, context, models);
    } finally {
      await models.close();
    }
  },
  plots: headsPlots,
  section: headsSection,
};

/**
 * The labels of `self` with τ as the paper chooses it: it rejects nine of ten tokens that mining finds important. If
 * mining found none, the labels keep the default τ.
 */
async function relabelled({ self, mining }: Found<Results>, { target }: Models): Promise<readonly LabelledAnswer[]> {
  const some = mining.slice(0, answersForTau);
  if (some.every(({ labels }) => labels.every(({ fine }) => fine))) return self;
  const tau = await chooseTau(some, { target });
  return self.map((answer) => ({
    ...answer,
    labels: answer.labels.map((label) => ({ ...label, fine: (label.score as number) > tau })),
  }));
}

async function fitAll(found: Found<Results>, context: RunContext, models: Models): Promise<HeadsReport> {
  const pair = { target: await weightsHash(context.folders.target), draft: await weightsHash(context.folders.draft) };
  const read = (answers: readonly LabelledAnswer[], hidden: HiddenKind) =>
    readExamples(answers, { target: models.target, draft: models.drafts.plain, hidden });
  const groups = Map.groupBy(headPlans, ({ labels, hidden }) => `${labels} ${hidden}`);
  const reports: HeadReport[] = [];
  mkdirSync(context.places.heads, { recursive: true });
  await withProgress("heads", async (progress) => {
    for (const plans of groups.values()) {
      const [{ labels, hidden }] = plans as [HeadPlan];
      const examples = await read(found[labels], hidden);
      const heldOut = await read(found.heldOut, hidden);
      for (const plan of plans) {
        const { head, fit, report } = fitOne(plan, examples, heldOut);
        const provenance = { target: "target", draft: "draft", labels: [], seed, fit };
        const file = { ...headFile(head, provenance), pair, heldOut: { area: report.heldOut.area } };
        writeFileSync(join(context.places.heads, `${plan.name}.json`), `${JSON.stringify(file)}\n`);
        reports.push(report);
        progress(reports.length, headPlans.length);
      }
    }
  });
  const rows = await read(found.heldOut, "pre-norm");
  return {
    labels: countsOf(found, context.quick),
    heads: headPlans.map(({ name }) => reports.find((report) => report.name === name) as HeadReport),
    untrained: {
      kl: rankingOf(rows, ({ kl }) => kl),
      certainty: rankingOf(rows, ({ entropy }) => -entropy),
    },
  };
}

/** Of the split of the labelled prompts. */
const seed = 5;

function fitOne(plan: HeadPlan, examples: readonly Example[], heldOut: readonly Example[]) {
  const own = examples.filter(({ group }) => group !== plan.without);
  const { head, report: fit } = fitHead(own, { kind: plan.kind, hidden: plan.hidden, random: seeded(seed) });
  const { mismatches, all } = evaluate(head, heldOut, []);
  const { calibrationError, calibration, correlation } = (mismatches ?? all) as Evaluation["all"];
  const report: HeadReport = {
    ...plan,
    trained: { tokens: own.length, wrong: own.filter(({ fine }) => !fine).length },
    heldOut: {
      ...rankingOf(heldOut, ({ state }) => riskOf(head.kind, scoreOf(head, state))),
      calibrationError: rounded(calibrationError),
      calibration: calibration.map(({ from, to, count, predicted, observed }) => ({
        ...{ from, to, count, predicted: rounded(predicted), observed: rounded(observed) },
      })),
      correlation,
    },
  };
  return { head, fit, report };
}

function countsOf(found: Found<Results>, quick: boolean): HeadsReport["labels"] {
  const problems = problemsOf(quick);
  const counts = (name: Labels | "heldOut"): LabelCounts => {
    const labels = found[name].flatMap((answer) => answer.labels);
    return { problems: problems[name], tokens: labels.length, wrong: labels.filter(({ fine }) => !fine).length };
  };
  return { spans: counts("spans"), mining: counts("mining"), self: counts("self"), heldOut: counts("heldOut") };
}
