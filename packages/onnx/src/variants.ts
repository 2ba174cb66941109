import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { LenityError } from "@lenity/core";
import { exists } from "./model-folder.ts";

/** The variants that transformers.js names, and how their files end. */
const endings = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
} as const;

/** A variant of a model, under transformers.js's name: `fp32` is model.onnx, `q4` model_q4.onnx, `q8` model_quantized.onnx, … */
export type Dtype = keyof typeof endings;

/** Every name of a variant. */
export const dtypes: readonly Dtype[] = Object.keys(endings) as Dtype[];

/** One of a folder's model files. */
export interface Variant {
  readonly dtype: Dtype;
  /** Relative to the folder. */
  readonly path: string;
}

const places = ["onnx", ""];
const fileOf = (place: string, dtype: Dtype) => join(place, `model${endings[dtype]}.onnx`);

/** The variants in onnx/ and in the folder itself, those in onnx/ first. */
export async function findVariants(dir: string): Promise<Variant[]> {
  const candidates = places.flatMap((place) => dtypes.map((dtype): Variant => ({ dtype, path: fileOf(place, dtype) })));
  const there = await Promise.all(candidates.map(({ path }) => exists(join(dir, path))));
  return candidates.filter((_, i) => there[i]);
}

/**
 * The path, relative to the folder, of the wanted variant; without a wish model.onnx, or else the only one that is there. Throws `model_files`
 * with those that are there, and RangeError for a name that is none.
 */
export async function chooseVariant(dir: string, wanted: Dtype | undefined): Promise<string> {
  if (wanted !== undefined && !dtypes.includes(wanted)) throw new RangeError(`dtype is ${wanted}; expected one of ${dtypes.join(", ")}.`);
  const found = await findVariants(dir);
  const chosen =
    found.find(({ dtype }) => dtype === (wanted ?? "fp32")) ?? (wanted === undefined && found.length === 1 ? found[0] : undefined);
  if (chosen !== undefined) return chosen.path;
  const files = places.map((place) => join(dir, fileOf(place, wanted ?? "fp32"))).join(" and ");
  if (found.length > 0) {
    const there = found.map(({ dtype, path }) => `${dtype} (${path})`).join(", ");
    throw new LenityError("model_files", `${files} are missing. ${dir} holds other variants: ${there}. Choose one by its dtype.`);
  }
  const others = await strangers(dir);
  const advice =
    others.length > 0
      ? `It does hold ${others.join(", ")}: name one as the file.`
      : "Export the model to ONNX (Llama folders: exportLlama).";
  throw new LenityError("model_files", `${dir} holds no ONNX model: ${files} are missing. ${advice}`);
}

/** Files in ONNX format under names of their own. */
async function strangers(dir: string): Promise<string[]> {
  const lists = places.map(async (place) => (await readdir(join(dir, place)).catch(() => [])).map((name) => join(place, name)));
  return (await Promise.all(lists)).flat().filter((path) => path.endsWith(".onnx"));
}
