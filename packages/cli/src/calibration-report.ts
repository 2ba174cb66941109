/** What `lenity calibrate` prints. */
import { markdownTable } from "@lenity/bench/table";
import type { Preset } from "@lenity/core";
import type { LossKind, PresetCalibration } from "@lenity/train";
import type { CalibrationRow } from "./calibration-run.ts";

export interface CalibrationOutcome {
  readonly details: Omit<PresetCalibration, "value">;
  readonly chosen: number | undefined;
  /** Undefined if no value passed. */
  readonly preset: Preset | undefined;
  /** Strict verification first. */
  readonly rows: readonly CalibrationRow[];
}

/** What a share of the answers is, by the kind of loss. */
const losses: Readonly<Record<LossKind, string>> = {
  wrong: "are wrong",
  changed: "have another result than strict verification's",
  drop: "are wrong where strict verification's are right",
};

const percent = (share: number): string => `${Number((100 * share).toPrecision(4))} %`;

/** The guarantee in a sentence. */
export const promiseOf = ({ loss, alpha, delta }: CalibrationOutcome["details"]): string =>
  `At most ${percent(alpha)} of answers to such prompts ${losses[loss]}, with ${percent(1 - delta)} confidence.`;

/** The table, the guarantee with its conditions, and what was written. */
export function calibrationReport(outcome: CalibrationOutcome, out: string): string {
  const { details, chosen, preset } = outcome;
  const name = details.parameter.replace(/^.*\./, "");
  const said = preset === undefined ? refusal(outcome, name) : guarantee(outcome, preset);
  const written =
    preset === undefined
      ? []
      : ["", `${out} has the preset ${preset.name}. Use it with --presets ${out} --policy ${preset.name}.`];
  const verdict =
    chosen === undefined ? [] : [`The loosest ${name} that passed is ${chosen}: ${JSON.stringify(preset?.policy)}`, ""];
  return [tableOf(outcome, name), "", ...verdict, ...said, ...written].join("\n");
}

function tableOf({ rows, chosen, details }: CalibrationOutcome, name: string): string {
  const head = [name, "loss", "prompts", "p-value", "tokens / pass", "relaxed / answer", ""];
  const body = rows.map(({ value, loss, prompts, pValue, passed, tokensPerPass, relaxedPerAnswer }) => [
    value === undefined ? "strict" : String(value),
    `${(100 * loss).toFixed(1)} %`,
    String(prompts),
    pValue === undefined ? "–" : `${prompts < details.prompts.count ? "≥ " : ""}${pValue.toPrecision(2)}`,
    tokensPerPass.toFixed(2),
    relaxedPerAnswer.toFixed(2),
    passed === undefined ? "" : !passed ? "failed" : value === chosen ? "chosen" : "passed",
  ]);
  return markdownTable(head, body, 0);
}

function guarantee({ details }: CalibrationOutcome, { draftTokens }: Preset): string[] {
  const { prompts, target, draft, drafter, sampling, max_tokens: most, answer, delta } = details;
  const models = draft === undefined ? target : `${target}, the draft ${draft}`;
  const cuts = Object.entries({ top_k: 0, top_p: 1, min_p: 0 }).flatMap(([key, none]) => {
    const value = sampling[key as keyof typeof sampling];
    return value === none ? [] : `${key} ${value}`;
  });
  const settings = [`temperature ${sampling.temperature}`, ...cuts].join(", ");
  return [
    promiseOf(details),
    "",
    "This holds if",
    `- the ${prompts.count} prompts are independent draws from the same source as the prompts to come,`,
    "- neither the values nor the two limits were chosen by the answers to these prompts,",
    `- the models are the same: the target ${models} and the drafter ${drafter},`,
    `- so are the settings: draft_tokens ${draftTokens}, ${settings}, at most ${most} tokens of answer, and a`,
    "  question alone, without a system message,",
    `- and right is what ${answer} says.`,
    `The confidence is over the draw of the prompts: of all such calibrations, at most ${percent(delta)} choose a value with a`,
    "higher expected loss. It says nothing of a single answer.",
  ];
}

function refusal({ details, rows }: CalibrationOutcome, name: string): string[] {
  const [strict] = rows;
  const { alpha, loss } = details;
  const hopeless = strict !== undefined && loss === "wrong" && strict.loss > alpha;
  return [
    `No ${name} passed, so no preset is written.`,
    hopeless
      ? `Strict verification itself loses more than ${percent(alpha)}: use a higher --alpha, or --loss drop.`
      : "Use more prompts, a higher --alpha or --delta, or stricter --values.",
  ];
}
