import { LenityError } from "@lenity/core";
import { type Dtype, findVariants, type ModelFolder } from "@lenity/onnx";

/** The variants of the target and of the draft that the flags ask for. */
export interface DtypeFlags {
  readonly dtype?: Dtype | undefined;
  readonly draftDtype?: Dtype | undefined;
}

/** A draft's variant, as an option for `loadModel`, and a note for the user if it is not the expected one. */
export interface DraftDtype {
  readonly dtype: Dtype | undefined;
  readonly note?: string | undefined;
}

/**
 * Chooses the draft's variant: the one asked for, else the target's if the draft has it, else the only one. Throws
 * `model_files` if the draft lacks the target's variant and has several others.
 */
export async function draftDtype(folder: ModelFolder, { dtype, draftDtype }: DtypeFlags): Promise<DraftDtype> {
  if (draftDtype !== undefined || dtype === undefined) return { dtype: draftDtype };
  const found = await findVariants(folder);
  if (found.some((variant) => variant.dtype === dtype)) return { dtype };
  const [only, ...others] = found;
  // Either there is no model or its file has an unusual name. Loading reports which.
  if (only === undefined) return { dtype: undefined };
  if (others.length === 0)
    return { dtype: only.dtype, note: `the draft has no ${dtype} variant, so its only one, ${only.dtype}, is used` };
  throw new LenityError(
    "model_files",
    `The draft ${folder.place} has no ${dtype} variant. It has ${found.map((variant) => variant.dtype).join(", ")}: choose one with --draft-dtype.`,
  );
}
