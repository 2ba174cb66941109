import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { LenityError } from "@lenity/core";
import { exists, filesIn } from "./disk-files.ts";
import { drafterEnding } from "./drafter-file.ts";
import { checkDtype, type Dtype, dtypes, type Variant, variantFile } from "./dtypes.ts";
import { readGenaiConfig } from "./genai-config.ts";

const places = ["onnx", ""];
const fileOf = (place: string, dtype: Dtype) => join(place, variantFile(dtype));
const candidates: readonly Variant[] = places.flatMap((place) => dtypes.map((dtype) => ({ dtype, path: fileOf(place, dtype) })));

/** The variants in onnx/ and in the folder itself, those in onnx/ first. */
export async function findVariants(dir: string): Promise<Variant[]> {
  const there = await Promise.all(candidates.map(({ path }) => exists(join(dir, path))));
  return candidates.filter((_, i) => there[i]);
}

/** The same among the paths of a repository, which have "/" on every system. */
export function variantsAmong(paths: readonly string[]): Variant[] {
  return candidates.map(({ dtype, path }) => ({ dtype, path: path.replaceAll(sep, "/") })).filter(({ path }) => paths.includes(path));
}

/** The wanted variant of those that are there; without a wish fp32, or else the only one. */
export function pickVariant(found: readonly Variant[], wanted: Dtype | undefined): Variant | undefined {
  return found.find(({ dtype }) => dtype === (wanted ?? "fp32")) ?? (wanted === undefined && found.length === 1 ? found[0] : undefined);
}

/** The only model among the paths of a folder or a repository, when none has a variant's name and none is wanted. */
export function onlyStranger(paths: readonly string[], wanted: Dtype | undefined): string | undefined {
  const others = strangersAmong(paths);
  return wanted === undefined && others.length === 1 ? others[0] : undefined;
}

/** Model files in ONNX format under names of their own, in onnx/ or in the folder itself. */
function strangersAmong(paths: readonly string[]): string[] {
  return paths.filter((path) => /^(onnx[/\\])?[^/\\]+\.onnx$/.test(path) && !path.endsWith(drafterEnding));
}

/**
 * The path, relative to the folder, of the wanted variant; without a wish model.onnx, or else the only variant that is there, or else the only
 * model or the one that genai_config.json names. Throws `model_files` with those that are there, and RangeError for a name that is none.
 */
export async function chooseVariant(dir: string, wanted: Dtype | undefined): Promise<string> {
  checkDtype(wanted);
  const found = await findVariants(dir);
  const chosen = pickVariant(found, wanted);
  if (chosen !== undefined) return chosen.path;
  const files = places.map((place) => join(dir, fileOf(place, wanted ?? "fp32"))).join(" and ");
  if (found.length > 0) {
    const there = found.map(({ dtype, path }) => `${dtype} (${path})`).join(", ");
    throw new LenityError("model_files", `${files} are missing. ${dir} holds other variants: ${there}. Choose one by its dtype.`);
  }
  const paths = await pathsIn(dir);
  const only = onlyStranger(paths, wanted) ?? (wanted === undefined ? (await readGenaiConfig(filesIn(dir)))?.filename : undefined);
  if (only !== undefined && paths.includes(only)) return only;
  const others = strangersAmong(paths);
  const advice =
    others.length > 0
      ? `It does hold ${others.join(", ")}: name one as the file.`
      : `Export the model to ONNX: lenity export ${dir} does it for Llama and its relatives, Optimum for others.`;
  throw new LenityError("model_files", `${dir} holds no ONNX model: ${files} are missing. ${advice}`);
}

async function pathsIn(dir: string): Promise<string[]> {
  const lists = places.map(async (place) => (await readdir(join(dir, place)).catch(() => [])).map((name) => join(place, name)));
  return (await Promise.all(lists)).flat();
}
