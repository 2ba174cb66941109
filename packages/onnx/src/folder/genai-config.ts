import type { ModelFiles } from "./model-files.ts";
import { readJsonIfThere } from "./read-files.ts";

/** What genai_config.json says: onnxruntime-genai's builder writes it beside its models, often in place of the Hugging Face files. */
export interface GenaiConfig {
  /** `vocab_size`, `context_length` and `eos_token_id`, as in a config.json. */
  readonly model: Readonly<Record<string, unknown>>;
  /** How to sample, as in a generation_config.json. */
  readonly search: Readonly<Record<string, unknown>>;
  /** The model file's name. */
  readonly filename: string | undefined;
}

/** Its name in the folder. */
export const genaiConfigFile = "genai_config.json";

/** Reads it; undefined when there is none. Rejects with `model_files` when it cannot be read. */
export async function readGenaiConfig(files: ModelFiles): Promise<GenaiConfig | undefined> {
  const config = await readJsonIfThere(files, genaiConfigFile, "Fix or remove it.");
  if (config === undefined) return undefined;
  const model = part(config["model"]);
  const filename = part(model["decoder"])["filename"];
  return { model, search: part(config["search"]), filename: typeof filename === "string" ? filename : undefined };
}

const part = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
