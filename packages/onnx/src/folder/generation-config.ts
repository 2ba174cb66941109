import { LenityError, type Sampling, sampling } from "@lenity/core";
import { genaiConfigOf } from "./genai-config.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Json } from "./read-files.ts";

/** Sampling settings and EOS tokens, and the file they come from. Empty when there is none. */
export interface GenerationConfig {
  readonly settings: Json;
  readonly file: string;
}

/** The content of generation_config.json, or the corresponding part of genai_config.json. */
export async function generationConfigOf(folder: ModelFolder): Promise<GenerationConfig> {
  const settings = await folder.generationConfig();
  const genai = settings === undefined ? await genaiConfigOf(folder) : undefined;
  if (genai === undefined) return { settings: settings ?? {}, file: folder.nameOf("generation_config.json") };
  return { settings: { ...genai.search, eos_token_id: genai.model["eos_token_id"] }, file: genai.file };
}

/**
 * The folder's recommended sampling, for requests that set none: greedy unless it enables sampling. Rejects with
 * `model_files` when the file cannot be read or a setting is out of range.
 */
export async function samplingOf(folder: ModelFolder): Promise<Partial<Sampling>> {
  const { settings, file } = await generationConfigOf(folder);
  if (settings["do_sample"] !== true) return { temperature: 0 };
  const number = (key: string, standard: number): number => {
    const value = settings[key] ?? standard;
    // NaN is out of every range.
    return typeof value === "number" ? value : Number.NaN;
  };
  try {
    return sampling({
      temperature: number("temperature", 1),
      topK: number("top_k", 0),
      topP: number("top_p", 1),
      minP: number("min_p", 0),
    });
  } catch (cause) {
    throw new LenityError("model_files", `${file}: ${(cause as Error).message} Fix or remove it.`, { cause });
  }
}
