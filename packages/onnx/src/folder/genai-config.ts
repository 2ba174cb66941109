import type { ModelFolder } from "./model-folder.ts";
import type { Json } from "./read-files.ts";

/**
 * The content of genai_config.json, which onnxruntime-genai's builder writes beside its models, often in place of the
 * Hugging Face files.
 */
export interface GenaiConfig {
  /** `vocab_size`, `context_length` and `eos_token_id`, as in a config.json. */
  readonly model: Json;
  /** Sampling settings, as in a generation_config.json. */
  readonly search: Json;
  /** The model file's name. */
  readonly filename: string | undefined;
  /** Name of the file in messages. */
  readonly file: string;
}

/** The folder's genai_config.json; undefined when there is none. */
export async function genaiConfigOf(folder: ModelFolder): Promise<GenaiConfig | undefined> {
  const config = await folder.genaiConfig();
  if (config === undefined) return undefined;
  const model = part(config["model"]);
  const filename = part(model["decoder"])["filename"];
  return {
    model,
    search: part(config["search"]),
    filename: typeof filename === "string" ? filename : undefined,
    file: folder.nameOf("genai_config.json"),
  };
}

const part = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
