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

/** The variants among the paths of a folder or a repository, with "/" on every system. */
export function variantsAmong(paths: readonly string[]): Variant[] {
  return candidates.filter(({ path }) => paths.includes(path));
}

/** The variant with that name; without a name, fp32, or else the only one. */
export function pickVariant(found: readonly Variant[], dtype: Dtype | undefined): Variant | undefined {
  return (
    found.find((variant) => variant.dtype === (dtype ?? "fp32")) ??
    (dtype === undefined && found.length === 1 ? found[0] : undefined)
  );
}

/**
 * The only model file among the paths of a folder or a repository, when none has a variant's name and no variant was
 * requested.
 */
export function onlyUnusualName(paths: readonly string[], dtype: Dtype | undefined): string | undefined {
  const others = unusualNames(paths);
  return dtype === undefined && others.length === 1 ? others[0] : undefined;
}

/** ONNX model files with unusual names, in onnx/ or in the folder itself. */
function unusualNames(paths: readonly string[]): string[] {
  return paths.filter((path) => /^(onnx\/)?[^/]+\.onnx$/.test(path) && !path.endsWith(drafterEnding));
}

/** Which model file to load. */
export interface FileOptions {
  readonly dtype?: Dtype | undefined;
  /** The file to load instead of a variant, relative to the folder. */
  readonly file?: string | undefined;
}

/** A model file, relative to its folder, and notes on the choice, as sentences without a full stop. */
export interface ChosenFile {
  readonly path: string;
  readonly notes: readonly string[];
}

/**
 * The requested model file; or the one named by the folder's configuration (`filename`); or a variant. Rejects with
 * `model_files` when there is none.
 */
export async function chooseFile(
  folder: ModelFolder,
  { dtype, file }: FileOptions,
  filename: string | undefined,
): Promise<ChosenFile> {
  if (file !== undefined) {
    if (dtype !== undefined)
      throw new TypeError(`Both file (${file}) and dtype (${dtype}) are given; expected only one of them.`);
    const path = folder.nameOf(file);
    if (await exists(path)) return { path: file, notes: [] };
    throw new LenityError(
      "model_files",
      `${path} is missing. Name a file in the folder, or name none to use one of the folder's variants.`,
    );
  }
  if (dtype === undefined && filename !== undefined && (await exists(folder.nameOf(filename))))
    return { path: filename, notes: [] };
  const path = await chooseVariant(folder, dtype);
  const variants = await findVariants(folder);
  if (variants.some((variant) => variant.path === path) || (await genaiConfigOf(folder))?.filename === path)
    return { path, notes: [] };
  return { path, notes: [`${path} is used as the model: no file has a usual name, such as onnx/model.onnx`] };
}

/**
 * The path, relative to the folder, of the requested variant; without a request, model.onnx, or else the only variant,
 * or else the only model file or the one named by genai_config.json. Rejects with `model_files`, listing the variants
 * found; throws RangeError for a name that is not a variant.
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
      `${files} are missing. ${open.place} has other variants: ${there}. Choose one by its dtype.`,
    );
  }
  const only =
    onlyUnusualName(paths, dtype) ?? (dtype === undefined ? (await genaiConfigOf(open))?.filename : undefined);
  if (only !== undefined && paths.includes(only)) return only;
  const others = unusualNames(paths);
  const advice =
    others.length > 0
      ? `It does have ${others.join(", ")}: name one as the file.`
      : `Export the model to ONNX: lenity export ${open.place} does it for Llama-like models, Optimum for others.`;
  throw new LenityError("model_files", `${open.place} has no ONNX model: ${files} are missing. ${advice}`);
}

async function pathsIn(folder: ModelFolder): Promise<string[]> {
  return (await folder.list()).map(({ path }) => path);
}
