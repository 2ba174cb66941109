import { LenityError } from "@lenity/core";
import { type Dtype, drafterFile, onlyUnusualName, pickVariant, type Variant, variantsAmong } from "@lenity/onnx";

/** Which of a model's files are needed. */
export interface FileChoice {
  /** The option of `loadModel`. */
  readonly dtype?: Dtype | undefined;
  /** The ONNX file's path, instead of a variant. */
  readonly file?: string | undefined;
  /** Whether to accept the only variant if the one of `dtype` is missing. */
  readonly orOnly?: boolean | undefined;
  /** Choose safetensors, for an export, instead of an ONNX file. */
  readonly weights?: boolean | undefined;
}

/** Files other than weights that lenity or other tools read. */
const companions = [
  "config.json",
  "generation_config.json",
  "genai_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "judge.json",
  "autojudge.json",
];

/** The files that are needed, small ones first; `model` is the ONNX file among them. */
export interface ChosenFiles<File> {
  readonly files: readonly File[];
  readonly model?: File;
}

/**
 * Chooses among the files of a repository or a snapshot, by paths with "/", as `chooseVariant` does in a folder. Throws
 * `model_files` if the requested file is not among them.
 */
export function chooseFiles<File extends { readonly path: string }>(
  name: string,
  files: readonly File[],
  choice: FileChoice,
): ChosenFiles<File> {
  const beside = files.filter(({ path }) => companions.includes(path));
  if (!beside.some(({ path }) => path === "config.json" || path === "genai_config.json")) {
    throw new LenityError(
      "model_files",
      `${name} has neither config.json nor genai_config.json, so lenity cannot run it. Choose another model.`,
    );
  }
  if (choice.weights === true) return { files: [...beside, ...safetensors(name, files)] };
  const paths = files.map(({ path }) => path);
  const found = variantsAmong(paths);
  const chosen = choice.file ?? chosenVariant(paths, found, choice);
  const model = files.find(({ path }) => path === chosen);
  if (model === undefined) throw new LenityError("model_files", `${name} ${lack(paths, found, choice)}`);
  const drafter = files.filter(({ path }) => path === drafterFile(model.path));
  const data = files.filter(
    ({ path }) => path.startsWith(model.path) && /^[._]data(_\d+)?$/.test(path.slice(model.path.length)),
  );
  return { files: [...beside, ...data, ...drafter, model], model };
}

/** The weights: a single file if there is one, otherwise all parts and their index. */
function safetensors<File extends { readonly path: string }>(name: string, files: readonly File[]): readonly File[] {
  const whole = files.filter(({ path }) => path === "model.safetensors");
  if (whole.length > 0) return whole;
  const parts = files.filter(({ path }) => /^model-\d+-of-\d+\.safetensors$/.test(path));
  const index = files.filter(({ path }) => path === "model.safetensors.index.json");
  const expected = Number(/-of-(\d+)/.exec(parts[0]?.path ?? "")?.[1]);
  if (index.length === 1 && parts.length === expected) return [...index, ...parts];
  throw new LenityError(
    "model_files",
    `${name} has neither model.safetensors nor all of its parts. Choose a model with weights in that format.`,
  );
}

function chosenVariant(
  paths: readonly string[],
  found: readonly Variant[],
  { dtype, orOnly = false }: FileChoice,
): string | undefined {
  const variant = pickVariant(found, dtype) ?? (orOnly ? pickVariant(found, undefined) : undefined);
  return variant?.path ?? (found.length === 0 ? onlyUnusualName(paths, orOnly ? undefined : dtype) : undefined);
}

function lack(paths: readonly string[], found: readonly Variant[], { dtype, file }: FileChoice): string {
  if (file !== undefined)
    return `has no file ${file}. Its ONNX files: ${paths.filter((path) => path.endsWith(".onnx")).join(", ") || "none"}.`;
  if (found.length > 0) {
    const variants = found.map((variant) => `${variant.dtype} (${variant.path})`).join(", ");
    return `has no ${dtype ?? "fp32"} variant. It has ${variants}: choose one with --dtype.`;
  }
  const others = paths.filter((path) => path.endsWith(".onnx"));
  if (others.length > 0) return `has only ONNX files with unusual names: ${others.join(", ")}. Choose one with --file.`;
  const weights = paths.some((path) => path.endsWith(".safetensors"));
  return `has no ONNX model. ${weights ? "It has safetensors: pull them with --weights, then use lenity export." : "Choose another model."}`;
}
