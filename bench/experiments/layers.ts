/** Experiment 3: which layer's hidden states a judge should read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HiddenKind } from "@lenity/core";
import type { Experiment, RunContext } from "./harness/experiment.ts";
import { pointOf } from "./harness/point.ts";
import { judge, strict } from "./harness/policies.ts";
import type { ProblemSet } from "./harness/problems.ts";
import type { Setting } from "./harness/setting.ts";
import { type Answered, answersUnder, sweep } from "./harness/sweep.ts";
import { layerHead, layers as layerKinds } from "./judges/head-plan.ts";
import { layersPlots } from "./layers/plots.ts";
import type { LayersReport } from "./layers/report.ts";
import { layersSection } from "./layers/section.ts";

const draftTokens = 40;
const thresholds = [0.7, 0.5, 0.3];
const problemsOf = (quick: boolean): ProblemSet => ({ side: "held-out", count: quick ? 8 : 240, seed: 103 });
const kinds: readonly HiddenKind[] = layerKinds.flatMap(([, hidden, normed]) => [hidden, normed]);
const nameOf = (kind: HiddenKind, threshold: number): string => `${kind} ${threshold}`;

const settings: readonly Setting[] = [
  { name: "strict", policy: strict, draftTokens },
  ...kinds.flatMap((kind) =>
    thresholds.map((threshold) => ({
      name: nameOf(kind, threshold),
      policy: judge(threshold),
      judge: layerHead(kind),
      draftTokens,
    })),
  ),
];

interface Results {
  readonly greedy: Answered;
}

export const layers: Experiment<Results, LayersReport> = {
  name: "layers",
  title: "Which layer a judge should read",
  plan(quick) {
    const greedy = sweep({ problems: problemsOf(quick), settings, temperature: 0 });
    return { needs: { heads: kinds.map(layerHead) }, studies: { greedy } };
  },
  report({ greedy }, context) {
    const exact = answersUnder(greedy, "strict");
    return {
      problems: problemsOf(context.quick),
      draftTokens,
      strict: pointOf(exact),
      kinds: layerKinds.flatMap(([layer, hidden, normed]) =>
        [hidden, normed].map((kind) => ({
          ...{ kind, layer, normed: kind === normed, area: areaOf(kind, context) },
          points: thresholds.map((threshold) => ({
            threshold,
            point: pointOf(answersUnder(greedy, nameOf(kind, threshold)), exact),
          })),
        })),
      ),
    };
  },
  plots: layersPlots,
  section: layersSection,
};

/** The area under the ROC curve on held-out tokens, which the head's file has. */
function areaOf(kind: HiddenKind, { folders }: RunContext): number {
  return JSON.parse(readFileSync(join(folders.heads, `${layerHead(kind)}.json`), "utf8")).heldOut.area;
}
