import { basename } from "node:path";
import { LenityError, type Policy } from "@lenity/core";
import { chosenSampling, chosenSpeculation } from "@lenity/server";
import { answerLoss, calibrate, type LossKind, policyParameter, presetFile } from "@lenity/train";
import { type CalibrationOutcome, calibrationReport, promiseOf } from "./calibration-report.ts";
import { calibrationRun, type KeptAnswer } from "./calibration-run.ts";
import { type CheckedPrompts, checkedPrompts } from "./checked-prompts.ts";
import { fileHash, keptAnswers, modelSettings } from "./kept-answers.ts";
import { type LoadedModels, type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, print, saveJson } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface CalibrateFlags extends LoadModelsOptions {
  readonly prompts: string;
  readonly answer?: string | undefined;
  readonly loss: LossKind;
  readonly limit?: number | undefined;
  readonly policy: Policy;
  readonly parameter?: string | undefined;
  readonly values?: readonly number[] | undefined;
  readonly alpha: number;
  readonly delta: number;
  readonly draftTokens?: number | "auto" | undefined;
  readonly drafter?: string | undefined;
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly seed: number;
  readonly maxTokens: number;
  readonly name: string;
  readonly out: string;
  readonly json?: boolean | undefined;
}

/**
 * `lenity calibrate`: finds the loosest value of a policy's parameter with a bounded loss, and writes a preset. A run
 * that is ended goes on where it stopped.
 */
export async function calibrateCommand(flags: CalibrateFlags): Promise<void> {
  const { out } = flags;
  const checked = await checkedPrompts(flags.prompts, flags, flags.loss === "changed" ? "no references" : "references");
  await checkSave(out);
  const models = await loadModels(flags, "messages");
  try {
    const outcome = await search(checked, models, flags);
    const { details, chosen, preset } = outcome;
    if (preset !== undefined && chosen !== undefined)
      await saveJson(out, presetFile(preset, { ...details, value: chosen }));
    else process.exitCode = 1;
    print(flags.json === true ? JSON.stringify(outcome) : calibrationReport(outcome, out));
  } finally {
    await models.close();
  }
}

async function search(
  { prompts, check, answer }: CheckedPrompts,
  models: LoadedModels,
  flags: CalibrateFlags,
): Promise<CalibrationOutcome> {
  const { loss, alpha, delta, seed, maxTokens, drafter, name } = flags;
  const sampling = chosenSampling(flags, models.sampling);
  checkLoss(loss, answer, sampling.temperature);
  const { path, policyWith, values, draftTokens } = planOf(flags, models);
  const speculation = (policy: Policy) => chosenSpeculation({ policy, draftTokens, drafter }, models);
  const kept = await keptAnswers<KeptAnswer>(`${flags.out}.answers.jsonl`, {
    ...{ prompts: await fileHash(flags.prompts), models: modelSettings(flags) },
    ...{ drafter, sampling, seed, maxTokens },
  });
  const run = calibrationRun({
    ...{ models, prompts, sampling, seed, maxTokens, kept },
    loss: answerLoss(loss, check),
    // A number, since the passes that "auto" takes depend on the machine.
    strict: chosenSpeculation(
      { policy: "strict", draftTokens: models.registry.create("strict").draftTokens, drafter },
      models,
    ),
    speculations: new Map(values.map((value) => [value, speculation(policyWith(value))])),
  });
  const settings = { values, prompts: prompts.length, alpha, delta, binary: true };
  const { chosen, steps } = await withProgress("answers at most", (report) =>
    calibrate({ ...settings, loss: (value, prompt) => run.loss(value, prompt, report) }),
  );
  const { temperature, topK: top_k, topP: top_p, minP: min_p } = sampling;
  const details: CalibrationOutcome["details"] = {
    parameter: path,
    ...{ loss, answer, alpha, delta },
    prompts: { file: basename(flags.prompts), sha256: await fileHash(flags.prompts), count: prompts.length },
    target: models.id,
    draft: models.draft?.name,
    drafter: drafter ?? (Object.keys(models.drafters)[0] as string),
    sampling: { temperature, top_k, top_p, min_p },
    ...{ seed, max_tokens: maxTokens },
    steps: steps.map(({ pValue: p_value, ...step }) => ({ ...step, p_value })),
  };
  const rows = run.rows(steps);
  await kept.remove();
  if (chosen === undefined) return { details, rows, chosen, preset: undefined };
  const policy = policyWith(chosen);
  const preset = { name, summary: promiseOf(details), policy, draftTokens };
  return { details, rows, chosen, preset };
}

/**
 * What is searched, the values in order from strict to loose, and the block length: always a number, which the preset
 * then has. Under "auto" it is the longest, so that answers have at most as many tokens of the draft.
 */
function planOf(flags: CalibrateFlags, { registry }: LoadedModels) {
  const { path, parameter, policyWith } = policyParameter(flags.policy, registry, flags.parameter);
  const given = flags.values ?? parameter?.values;
  if (given === undefined)
    throw new LenityError("invalid_request", `No values are known for ${path}. Set --values, from strict to loose.`);
  const up = (a: number, b: number) => a - b;
  const values = parameter === undefined ? given : given.toSorted(parameter.looser === "up" ? up : (a, b) => up(b, a));
  const own = registry.presets.find((preset) => preset.name === flags.policy)?.draftTokens ?? 16;
  return { path, policyWith, values, draftTokens: typeof flags.draftTokens === "number" ? flags.draftTokens : own };
}

function checkLoss(kind: LossKind, answer: string, temperature: number): void {
  if (kind !== "changed") return;
  if (temperature > 0)
    throw new LenityError(
      "invalid_request",
      `--loss changed compares with strict verification's answer, and at temperature ${temperature} two answers differ by chance. Set --temperature 0, or use --loss wrong or drop.`,
    );
  if (answer === "regex" || answer.startsWith("regex:"))
    throw new LenityError(
      "invalid_request",
      `--loss changed compares two answers, which --answer ${answer} cannot. Use number, exact or a module.`,
    );
}
