import { LenityError, type Token } from "@lenity/core";
import { genaiConfigFile, readGenaiConfig } from "./genai-config.ts";
import type { ModelFiles } from "./model-files.ts";
import { readJson, readJsonIfThere } from "./read-files.ts";

/** What a Hugging Face folder says of its model. */
export interface ModelFolder {
  /** The logits of one row, padding included. */
  readonly vocabulary: number;
  readonly contextLength: number;
  /** Tokens that end an answer; none where the configuration names none. */
  readonly eos: readonly Token[];
}

/** Names of the context's length in the configurations of Llama and its like, GPT-2, MPT, and onnxruntime-genai. */
const contextKeys = ["max_position_embeddings", "n_positions", "max_seq_len", "context_length"];

/**
 * Reads config.json and generation_config.json, or what genai_config.json has of them; of a model that reads more than text, the part for its text
 * decoder (`text_config`). Throws `model_files` with what is missing.
 */
export async function readModelFolder(files: ModelFiles): Promise<ModelFolder> {
  const { config, file } = await readConfig(files);
  const { settings: generation } = await readGenerationConfig(files);
  const nested = config["text_config"];
  const parts = [config, ...(isObject(nested) ? [nested] : [])];
  const find = (keys: readonly string[]): unknown =>
    parts.flatMap((part) => keys.map((key) => part[key])).find((value) => value !== undefined && value !== null);
  const size = (...keys: readonly [string, ...string[]]): number => {
    const value = find(keys);
    if (typeof value === "number" && Number.isInteger(value) && value >= 2) return value;
    const key = keys.find((key) => parts.some((part) => part[key] !== undefined)) ?? keys[0];
    throw new LenityError(
      "model_files",
      `${file} has ${key} ${JSON.stringify(value)}; expected a whole number. Take the config.json of the model's own folder.`,
    );
  };
  const vocabulary = size("vocab_size");
  const eos = tokens(generation["eos_token_id"] ?? find(["eos_token_id"]) ?? (await readGenaiConfig(files))?.model["eos_token_id"]);
  const stray = eos.find((id) => !(typeof id === "number" && Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (stray !== undefined) {
    throw new LenityError(
      "model_files",
      `${files.place} ends answers at token ${JSON.stringify(stray)} (eos_token_id in generation_config.json, genai_config.json or config.json); the model knows ids 0 to ${vocabulary - 1}. Take these files of the model's own folder.`,
    );
  }
  return { vocabulary, contextLength: size(...(contextKeys as [string, ...string[]])), eos: eos as readonly Token[] };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

async function readConfig(files: ModelFiles): Promise<{ readonly config: Readonly<Record<string, unknown>>; readonly file: string }> {
  const advice = "Expected the config.json of a Hugging Face model folder, or a genai_config.json; copy it beside the model.";
  const config = await readJsonIfThere(files, "config.json", advice);
  const genai = config === undefined ? await readGenaiConfig(files) : undefined;
  if (genai !== undefined) return { config: genai.model, file: files.nameOf(genaiConfigFile) };
  return { config: config ?? (await readJson(files, "config.json", advice)), file: files.nameOf("config.json") };
}

/** Sampling settings and EOS tokens, and the file that has them: empty when there is none. */
export interface GenerationConfig {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly file: string;
}

/** The content of generation_config.json, or what genai_config.json has of it. Rejects with `model_files` when it cannot be read. */
export async function readGenerationConfig(files: ModelFiles): Promise<GenerationConfig> {
  const settings = await readJsonIfThere(files, "generation_config.json", "Fix or remove it.");
  const genai = settings === undefined ? await readGenaiConfig(files) : undefined;
  if (genai === undefined) return { settings: settings ?? {}, file: files.nameOf("generation_config.json") };
  return { settings: { ...genai.search, eos_token_id: genai.model["eos_token_id"] }, file: files.nameOf(genaiConfigFile) };
}

/** Hugging Face writes one id, a list, or null. */
function tokens(value: unknown): readonly unknown[] {
  return (Array.isArray(value) ? value : [value]).filter((id) => id !== undefined && id !== null);
}
