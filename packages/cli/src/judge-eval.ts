import { readFile } from "node:fs/promises";
import { markdownTable } from "@lenity/bench/table";
import { headNeeds, LenityError } from "@lenity/core";
import {
  type Evaluation,
  evaluate,
  type Measures,
  readExamples,
  readHead,
  statesOf,
  type TrainedHead,
  trainingHashes,
} from "@lenity/train";
import { neededStates } from "./judge-heads.ts";
import { modelSettings } from "./kept-answers.ts";
import { keptReadings } from "./kept-readings.ts";
import { readLabels } from "./label-files.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, print } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface EvalFlags extends LoadModelsOptions {
  readonly thresholds?: readonly number[] | undefined;
  /** A file for what the models make of the answers, until the run is done. */
  readonly keep?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `lenity judge eval`: prints how well a head does on labels. */
export async function judgeEval(headPath: string, files: readonly string[], flags: EvalFlags): Promise<void> {
  const json = await readJson(headPath);
  const head = readHead(json);
  const states = statesOf(head);
  if (flags.keep !== undefined) await checkSave(flags.keep, "--keep");
  const models = await loadModels({ ...flags, cacheBytes: 0, states: neededStates([headNeeds(states)]) });
  try {
    const { answers, facts } = await readLabels(files, models);
    const trained = trainingHashes(json);
    for (const { file, sha256 } of facts)
      if (trained.includes(sha256))
        console.error(`lenity: the head was trained on ${file}, so these figures say little about other texts.`);
    const { target, draft } = models;
    const settings = { model: modelSettings(flags), ...states, labels: facts.map(({ sha256 }) => sha256) };
    const kept = flags.keep === undefined ? undefined : await keptReadings(flags.keep, settings);
    const options = { ...states, target, draft, kept };
    const examples = await withProgress("answers", (progress) => readExamples(answers, { ...options, progress }));
    if (examples.length === 0) throw new LenityError("invalid_request", `${files.join(", ")}: there are no labels.`);
    const evaluation = evaluate(head, examples, flags.thresholds);
    print(flags.json === true ? JSON.stringify({ kind: head.kind, ...evaluation }) : reportOf(head, evaluation));
    await kept?.remove();
  } finally {
    await models.close();
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new LenityError("model_files", `Cannot read the head ${path}: ${(cause as Error).message}.`, { cause });
  }
}

function reportOf({ kind }: TrainedHead, { all, mismatches, groups }: Evaluation): string {
  const main = mismatches ?? all;
  const sets: [string, Measures][] = [
    ["all", all],
    ...(mismatches === undefined ? [] : ([["mismatches", mismatches]] as [string, Measures][])),
    ...Object.entries(groups).map(([name, own]): [string, Measures] => [`group ${name}`, own]),
  ];
  return [
    "Mismatches are tokens that the target would not choose. The risk is the head's probability that a token must be",
    "rejected, and ρ is its rank correlation.",
    "",
    markdownTable(
      ["tokens", "number", "to reject", "ROC-AUC", "ρ KL", "ρ entropy", "ρ margin", "calibration error"],
      sets.map(
        ([
          name,
          {
            tokens,
            wrong,
            area,
            correlation: { kl, entropy, margin },
            calibrationError,
          },
        ]) => [...[name, String(tokens), String(wrong)], ...[area, kl, entropy, margin, calibrationError].map(number)],
      ),
    ),
    "",
    `At thresholds of ${kind}, ${mismatches === undefined ? "all tokens" : "mismatches"}:`,
    "",
    markdownTable(
      ["threshold", "recall", "precision", "fine accepted"],
      main.thresholds.map(({ threshold, recall, precision, fineAccepted }) => [
        String(threshold),
        ...[recall, precision, fineAccepted].map(percent),
      ]),
    ),
    "",
    "Calibration of the same tokens:",
    "",
    markdownTable(
      ["risk", "number", "mean risk", "to reject"],
      main.calibration.map(({ from, to, count, predicted, observed }) => [
        `${from.toFixed(1)} – ${to.toFixed(1)}`,
        String(count),
        percent(predicted),
        percent(observed),
      ]),
    ),
  ].join("\n");
}

const number = (value: number | undefined): string => value?.toFixed(3) ?? "–";
const percent = (share: number | undefined): string => (share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
