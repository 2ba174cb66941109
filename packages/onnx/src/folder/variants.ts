import { join } from "node:path";
import { LenityError } from "@lenity/core";
import { exists } from "./disk-files.ts";
import { drafterEnding } from "./drafter-file.ts";
import { checkDtype, type Dtype, dtypes, type Variant, variantFile } from "./dtypes.ts";
import { genaiConfigOf } from "./genai-config.ts";
import type { ModelFolder } from "./model-folder.ts";
import { type DiskFolder, openFolder } from "./open-folder.ts";

const pathsOf = (dtype: Dtype) => [`onnx/${variantFile(dtype)}`, variantFile(dtype)];
const candidates: readonly Variant[] = [0, 1].flatMap((place) =>
  dtypes.map((dtype) => ({ dtype, path: pathsOf(dtype)[place] as string })),
);

/** The variants in onnx/ and in the folder itself, those in onnx/ first. */
export async function findVariants(folder: DiskFolder): Promise<Variant[]> {
  return variantsAmong(await pathsIn(await openFolder(folder)));
}

/** The same among the paths of a folder or a repository, which have "/" on every system. */
export function variantsAmong(paths: readonly string[]): Variant[] {
  return candidates.filter(({ path }) => paths.includes(path));
}

/** The variant with that name; where none is asked for fp32, or else the only one. */
export function pickVariant(found: readonly Variant[], dtype: Dtype | undefined): Variant | undefined {
  return (
    found.find((variant) => variant.dtype === (dtype ?? "fp32")) ??
    (dtype === undefined && found.length === 1 ? found[0] : undefined)
  );
}

/** The only model among the paths of a folder or a repository, when none has a variant's name and none is asked for. */
export function onlyUnusualName(paths: readonly string[], dtype: Dtype | undefined): string | undefined {
  const others = unusualNames(paths);
  return dtype === undefined && others.length === 1 ? others[0] : undefined;
}

/** Model files in ONNX format under names of their own, in onnx/ or in the folder itself. */
function unusualNames(paths: readonly string[]): string[] {
  return paths.filter((path) => /^(onnx\/)?[^/]+\.onnx$/.test(path) && !path.endsWith(drafterEnding));
}

/** Which model file is asked for. */
export interface FileOptions {
  readonly dtype?: Dtype | undefined;
  /** Relative to the folder, in place of a variant. */
  readonly file?: string | undefined;
}

/** A model file, relative to its folder, and what to know of the choice, as sentences without a full stop. */
export interface ChosenFile {
  readonly path: string;
  readonly notes: readonly string[];
}

/**
 * The model file that is asked for; or the one that the folder's configuration names (`filename`); or a variant.
 * Rejects with `model_files` when there is none.
 */
export async function chooseFile(
  folder: ModelFolder,
  { dtype, file }: FileOptions,
  filename: string | undefined,
): Promise<ChosenFile> {
  if (file !== undefined) {
    if (dtype !== undefined)
      throw new TypeError(`Both file (${file}) and dtype (${dtype}) are given; expected one of them.`);
    const path = folder.nameOf(file);
    if (await exists(path)) return { path: file, notes: [] };
    throw new LenityError(
      "model_files",
      `${path} is missing. Name a file of the folder, or leave it to the folder's variants.`,
    );
  }
  if (dtype === undefined && filename !== undefined && (await exists(folder.nameOf(filename))))
    return { path: filename, notes: [] };
  const path = await chooseVariant(folder, dtype);
  const variants = await findVariants(folder);
  if (variants.some((variant) => variant.path === path) || (await genaiConfigOf(folder))?.filename === path)
    return { path, notes: [] };
  return { path, notes: [`${path} is taken for the model: no file has a usual name, such as onnx/model.onnx`] };
}

/**
 * The path, relative to the folder, of the variant that is asked for; where none is, model.onnx, or else the only
 * variant that is there, or else the only model or the one that genai_config.json names. Rejects with `model_files` and
 * the variants that are there; throws RangeError for a name that is no variant's.
 */
export async function chooseVariant(folder: DiskFolder, dtype: Dtype | undefined): Promise<string> {
  checkDtype(dtype);
  const open = await openFolder(folder);
  const paths = await pathsIn(open);
  const found = variantsAmong(paths);
  const chosen = pickVariant(found, dtype);
  if (chosen !== undefined) return chosen.path;
  const files = pathsOf(dtype ?? "fp32")
    .map((path) => join(open.place, path))
    .join(" and ");
  if (found.length > 0) {
    const there = found.map(({ dtype, path }) => `${dtype} (${path})`).join(", ");
    throw new LenityError(
      "model_files",
      `${files} are missing. ${open.place} holds other variants: ${there}. Choose one by its dtype.`,
    );
  }
  const only =
    onlyUnusualName(paths, dtype) ?? (dtype === undefined ? (await genaiConfigOf(open))?.filename : undefined);
  if (only !== undefined && paths.includes(only)) return only;
  const others = unusualNames(paths);
  const advice =
    others.length > 0
      ? `It does hold ${others.join(", ")}: name one as the file.`
      : `Export the model to ONNX: lenity export ${open.place} does it for Llama and its relatives, Optimum for others.`;
  throw new LenityError("model_files", `${open.place} holds no ONNX model: ${files} are missing. ${advice}`);
}

async function pathsIn(folder: ModelFolder): Promise<string[]> {
  return (await folder.list()).map(({ path }) => path);
}
