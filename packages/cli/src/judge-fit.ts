import { markdownTable } from "@lenity/bench/table";
import { type HiddenKind, seeded } from "@lenity/core";
import {
  type Features,
  type FitReport,
  fitHead,
  type HeadKind,
  headFile,
  type Provenance,
  readExamples,
} from "@lenity/train";
import { readLabels } from "./label-files.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { print, save } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface FitFlags extends LoadModelsOptions {
  readonly head: HeadKind;
  readonly features: Features;
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

/** `lenity judge fit`: trains a head, writes its file, and prints how it was chosen. */
export async function judgeFit(files: readonly string[], flags: FitFlags): Promise<void> {
  const { head: kind, features, draftHidden, seed, out = `${kind}.json` } = flags;
  // The states of the papers that the two heads come from.
  const hidden = flags.hidden ?? (kind === "judge" ? "pre-norm" : "post-norm");
  const models = await loadModels({ ...flags, cacheBytes: 0 });
  try {
    const { answers, facts } = await readLabels(files, models);
    const draft = features === "target" ? undefined : models.draft;
    const states = { target: models.target, draft, features, hidden, draftHidden };
    const examples = await withProgress("answers", (progress) => readExamples(answers, { ...states, progress }));
    const { head, report } = fitHead(examples, { ...flags, kind, hidden, random: seeded(seed) });
    const provenance: Provenance = { target: models.id, draft: draft?.name, labels: facts, seed, fit: report };
    await save(out, `${JSON.stringify(headFile(head, provenance))}\n`);
    print(flags.json === true ? JSON.stringify({ out, ...provenance }) : reportOf(out, report));
  } finally {
    await models.close();
  }
}

function reportOf(out: string, { trained, validation, decays, decay, recall, thresholds }: FitReport): string {
  const tokens = (what: "trained" | "validated", { tokens, wrong, mismatches }: FitReport["trained"]) =>
    `${what} on ${tokens} tokens: ${wrong} to reject, ${mismatches} that the target would not choose`;
  const measured = validation.over === "all" ? "all validation tokens" : "the validation tokens of the last kind";
  return [
    `${out}: the preset's threshold rejects ${percent(recall)} of the tokens to reject`,
    tokens("trained", trained),
    tokens("validated", validation),
    `The tables are of ${measured}.`,
    "",
    markdownTable(
      ["decay", "ROC-AUC", ""],
      decays.map((each) => [String(each.decay), each.area.toFixed(4), each.decay === decay ? "chosen" : ""]),
    ),
    "",
    markdownTable(
      ["threshold", "rejected of those to reject", "accepted of the fine"],
      thresholds.map((each) => [each.threshold.toPrecision(3), percent(each.recall), percent(each.fineAccepted)]),
    ),
  ].join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
