import { LenityError } from "@lenity/core";
import { type Dtype, findVariants, type ModelFolder } from "@lenity/onnx";

/** Which variants the command was asked for: of the target, and of the draft. */
export interface DtypeFlags {
  readonly dtype?: Dtype | undefined;
  readonly draftDtype?: Dtype | undefined;
}

/** A draft's variant as `loadModel` takes it, and what to tell of the choice. */
export interface DraftDtype {
  readonly dtype: Dtype | undefined;
  readonly note?: string | undefined;
}

/**
 * The variant of the draft in that folder: the one asked for, or the target's where the draft has it, or its only one.
 * Throws `model_files` when there are several others.
 */
export async function draftDtype(folder: ModelFolder, { dtype, draftDtype }: DtypeFlags): Promise<DraftDtype> {
  if (draftDtype !== undefined || dtype === undefined) return { dtype: draftDtype };
  const found = await findVariants(folder);
  if (found.some((variant) => variant.dtype === dtype)) return { dtype };
  const [only, ...others] = found;
  // A model under a name of its own, or none: loading tells.
  if (only === undefined) return { dtype: undefined };
  if (others.length === 0)
    return { dtype: only.dtype, note: `the draft has no ${dtype} variant; its only one, ${only.dtype}, is used` };
  throw new LenityError(
    "model_files",
    `The draft ${folder.place} has no ${dtype} variant. It has ${found.map((variant) => variant.dtype).join(", ")}: choose one with --draft-dtype.`,
  );
}
