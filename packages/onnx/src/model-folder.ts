import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LenityError, type Token } from "@lenity/core";

/** What a Hugging Face folder says of its model. */
export interface ModelFolder {
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly eos: readonly Token[];
}

/** Reads config.json and generation_config.json. Throws `model_files` with what is missing. */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const config = await readJson(
    join(dir, "config.json"),
    "Expected the config.json of a Hugging Face model folder; copy it beside the model.",
  );
  const generation = (await exists(join(dir, "generation_config.json")))
    ? await readJson(join(dir, "generation_config.json"), "Fix or remove it.")
    : {};
  const size = (key: string): number => {
    const value = config[key];
    if (typeof value === "number" && Number.isInteger(value) && value >= 2) return value;
    throw new LenityError(
      "model_files",
      `${join(dir, "config.json")} has ${key} ${JSON.stringify(value)}; expected a whole number. Take the config.json of the model's own folder.`,
    );
  };
  return {
    vocabulary: size("vocab_size"),
    contextLength: size("max_position_embeddings"),
    eos: tokens(generation["eos_token_id"] ?? config["eos_token_id"]),
  };
}

/** The path of an existing folder. Rejects with `model_files` when it is none. */
export async function folderPath(folder: string | URL): Promise<string> {
  const dir = typeof folder === "string" ? folder : fileURLToPath(folder);
  if ((await stat(dir).catch(() => undefined))?.isDirectory() === true) return dir;
  throw new LenityError(
    "model_files",
    `${dir} is not a folder. Expected a Hugging Face model folder with config.json, tokenizer.json and onnx/model.onnx.`,
  );
}

/** Reads a JSON object. Throws `model_files`, ending with `advice`, when the file is missing or not an object. */
export async function readJson(file: string, advice: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new LenityError("model_files", `${file} is missing or not readable. ${advice}`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LenityError("model_files", `${file} is not JSON: ${(cause as Error).message}. ${advice}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new LenityError("model_files", `${file} does not hold a JSON object. ${advice}`);
}

/** Whether something lies at that path. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Hugging Face writes one id, a list, or null. */
function tokens(value: unknown): readonly Token[] {
  return (Array.isArray(value) ? value : [value]).filter((id): id is number => typeof id === "number");
}
