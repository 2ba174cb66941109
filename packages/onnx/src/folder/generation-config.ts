import { LenityError, type Sampling, sampling } from "@lenity/core";
import type { ModelFiles } from "./model-files.ts";
import { readGenerationConfig } from "./model-folder.ts";

/**
 * What generation_config.json, or genai_config.json, recommends for requests that say nothing: greedy unless it asks for sampling. Rejects with `model_files` when it cannot
 * be read or a setting is out of its range.
 */
export async function readSampling(files: ModelFiles): Promise<Partial<Sampling>> {
  const { settings: config, file } = await readGenerationConfig(files);
  if (config["do_sample"] !== true) return { temperature: 0 };
  const number = (key: string, standard: number): number => {
    const value = config[key] ?? standard;
    // What is no number is out of every range.
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
    throw new LenityError("model_files", `${file}: ${(cause as Error).message} Fix or remove it.`, {
      cause,
    });
  }
}
