/** Files with a preset, such as `lenity calibrate` writes. */
import { LenityError, type Policy, type Preset } from "@lenity/core";
import * as v from "valibot";
import type { CalibrationStep } from "./calibrate.ts";
import type { LossKind } from "./losses.ts";

/** How a preset was calibrated, and so what its guarantee depends on. Names are those of policies: snake_case. */
export interface PresetCalibration {
  /** Where in the policy the value is. */
  readonly parameter: string;
  readonly value: number;
  readonly loss: LossKind;
  /** The check that said what is right. */
  readonly answer: string;
  readonly alpha: number;
  readonly delta: number;
  readonly prompts: { readonly file: string; readonly sha256: string; readonly count: number };
  /** The names of the models and the drafter, as they were loaded. */
  readonly target: string;
  readonly draft?: string | undefined;
  readonly drafter: string;
  readonly sampling: {
    readonly temperature: number;
    readonly top_k: number;
    readonly top_p: number;
    readonly min_p: number;
  };
  readonly seed: number;
  readonly max_tokens: number;
  readonly steps: readonly (Omit<CalibrationStep, "pValue"> & { readonly p_value: number })[];
}

/** A preset, and the names of the models that it was calibrated for, if it was. */
export interface LoadedPreset {
  readonly preset: Preset;
  readonly madeFor?: { readonly target: string; readonly draft?: string | undefined } | undefined;
}

/** The content of a preset's file. */
export const presetFile = ({ draftTokens, ...preset }: Preset, calibration: PresetCalibration): object => ({
  ...preset,
  draft_tokens: draftTokens,
  calibration,
});

const name = v.pipe(v.string(), v.regex(/^[\w.-]+$/, "expected letters, digits, _, . and -"));
const policy = v.union([v.string(), v.looseObject({ type: v.string() })]);
const schema = v.object({
  name,
  summary: v.optional(v.string(), "A preset from a file."),
  policy,
  draft_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  calibration: v.optional(v.looseObject({ target: v.string(), draft: v.optional(v.string()) })),
});

/** Reads a preset from the content of its JSON file, or throws `invalid_policy`; `file` is what the message calls it. */
export function readPreset(json: unknown, file = "The preset's file"): LoadedPreset {
  const result = v.safeParse(schema, json);
  if (!result.success) {
    const issue = result.issues[0];
    throw new LenityError(
      "invalid_policy",
      `${file} is not a preset at "${v.getDotPath(issue) ?? "."}": ${issue.message}. Expected "name", "policy", and if needed "summary" and "draft_tokens".`,
    );
  }
  const { draft_tokens: draftTokens, calibration, ...rest } = result.output;
  return { preset: { ...rest, policy: rest.policy as Policy, draftTokens }, madeFor: calibration };
}
