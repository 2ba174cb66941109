import { markdownTable } from "@lenity/bench/table";
import { type HeadFeatures, type HiddenKind, headNeeds, seeded } from "@lenity/core";
import {
  type FitReport,
  fitHead,
  type HeadKind,
  headFile,
  type Provenance,
  presetThresholds,
  readExamples,
  statesOf,
  type TrainedHead,
} from "@lenity/train";
import { neededStates } from "./judge-heads.ts";
import { modelSettings } from "./kept-answers.ts";
import { keptReadings } from "./kept-readings.ts";
import { readLabels } from "./label-files.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, print, save } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface FitFlags extends LoadModelsOptions {
  readonly head: HeadKind;
  readonly features: HeadFeatures;
  readonly hidden?: HiddenKind | undefined;
  readonly draftHidden?: HiddenKind | undefined;
  readonly recall?: number | undefined;
  readonly decays?: readonly number[] | undefined;
  readonly wrongWeight?: number | undefined;
  readonly agreedWeight?: number | undefined;
  readonly seed: number;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * `lenity judge fit`: trains a head, writes its file, and prints how it was chosen. What the models make of the answers
 * is kept beside the file until all is read.
 */
export async function judgeFit(files: readonly string[], flags: FitFlags): Promise<void> {
  const { head: kind, features, draftHidden, seed, out = `${kind}.json` } = flags;
  // The states of the papers that the two heads come from.
  const hidden = flags.hidden ?? (kind === "judge" ? "pre-norm" : "post-norm");
  await checkSave(out);
  const states = { features, hidden, draftHidden };
  const models = await loadModels({ ...flags, cacheBytes: 0, states: neededStates([headNeeds(states)]) });
  try {
    const { answers, facts } = await readLabels(files, models);
    const draft = features === "target" ? undefined : models.draft;
    const settings = { model: modelSettings(flags), ...states, labels: facts.map(({ sha256 }) => sha256) };
    const kept = await keptReadings(`${out}.readings.jsonl`, settings);
    const options = { ...states, target: models.target, draft, kept };
    const examples = await withProgress("answers", (progress) => readExamples(answers, { ...options, progress }));
    await kept.remove();
    const { head, report } = fitHead(examples, { ...flags, kind, hidden, random: seeded(seed) });
    const provenance: Provenance = { target: models.id, draft: draft?.name, labels: facts, seed, fit: report };
    await save(out, `${JSON.stringify(headFile(head, provenance))}\n`);
    print(flags.json === true ? JSON.stringify({ out, ...provenance }) : reportOf(out, head, report));
  } finally {
    await models.close();
  }
}

function reportOf(out: string, head: TrainedHead, report: FitReport): string {
  const { trained, validation, decays, decay, recall, thresholds } = report;
  const { features = "target", hidden, draftHidden } = statesOf(head);
  const kinds = { target: hidden, draft: draftHidden, both: `${hidden} (target) and ${draftHidden} (draft)` }[features];
  const measured = validation.over === "all" ? "tokens" : "mismatches";
  return [
    `${out}: ${head.kind} head on ${kinds} hidden states${features === "draft" ? " of the draft" : ""}`,
    "",
    markdownTable(
      ["share", "tokens", "to reject", "mismatches"],
      Object.entries({ training: trained, validation }).map(([share, { tokens, wrong, mismatches }]) =>
        [share, tokens, wrong, mismatches].map(String),
      ),
    ),
    "",
    `Mismatches are tokens that the target would not choose. ROC-AUC on the ${measured} for validation:`,
    "",
    markdownTable(
      ["decay", "ROC-AUC", ""],
      decays.map((each) => [String(each.decay), each.area.toFixed(4), each.decay === decay ? "chosen" : ""]),
    ),
    "",
    `The bias is set for a recall of ${percent(recall)} at threshold ${presetThresholds[head.kind]}. On the same ${measured}:`,
    "",
    markdownTable(
      ["threshold", "recall", "precision", "fine accepted"],
      thresholds.map(({ threshold, recall, precision, fineAccepted }) => [
        threshold.toPrecision(3),
        ...[recall, precision, fineAccepted].map(percent),
      ]),
    ),
  ].join("\n");
}

const percent = (share: number | undefined): string => (share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
