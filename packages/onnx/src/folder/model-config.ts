import { LenityError, type Token } from "@lenity/core";
import type { SizeHints } from "../graph/size-hints.ts";
import { findContextLength } from "./context-length.ts";
import { genaiConfigOf } from "./genai-config.ts";
import { generationConfigOf } from "./generation-config.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Json } from "./read-files.ts";

/** What the configuration of a folder says of its model. */
export interface ModelConfig {
  /** The logits of one row, padding included. */
  readonly vocabulary: number;
  readonly contextLength: number;
  /** Tokens that end an answer; none where the configuration names none. */
  readonly eos: readonly Token[];
  /** What the configuration lets expect of the cache's sizes. */
  readonly sizes: SizeHints;
  /** The model file that genai_config.json names, where that is the folder's configuration. */
  readonly filename: string | undefined;
  /** What a user should know of it, as sentences without a full stop. */
  readonly notes: readonly string[];
}

/**
 * How long the context is to be: as its user asks or, where no file names a length, as that of the target for which the
 * model drafts.
 */
export interface ContextOptions {
  readonly asked?: number | undefined;
  readonly target?: number | undefined;
}

/**
 * What config.json and generation_config.json say, or what genai_config.json has of them; of a model that reads more
 * than text, the part for its text decoder (`text_config`). Rejects with `model_files` when something is missing or
 * wrong, and with `invalid_request` when a longer context is asked for than there is.
 */
export async function modelConfigOf(folder: ModelFolder, { asked, target }: ContextOptions = {}): Promise<ModelConfig> {
  const { config, file, filename } = await configOf(folder);
  const { settings: generation } = await generationConfigOf(folder);
  const parts = [config, config["text_config"], config["decoder"]].filter(isObject);
  const find = (keys: readonly string[]): unknown =>
    parts.flatMap((part) => keys.map((key) => part[key])).find((value) => value !== undefined && value !== null);
  const size = (keys: readonly string[]): number | undefined => {
    const value = find(keys);
    if (value === undefined) return undefined;
    if (isSize(value) && value >= 2) return value;
    const key = keys.find((key) => parts.some((part) => (part[key] ?? undefined) !== undefined));
    throw new LenityError(
      "model_files",
      `${file} has ${key} ${JSON.stringify(value)}; expected a whole number. Take the config.json of the model's own folder.`,
    );
  };
  const vocabulary = size(["vocab_size"]);
  if (vocabulary === undefined) {
    throw new LenityError(
      "model_files",
      `${file} has vocab_size undefined; expected a whole number. Take the config.json of the model's own folder.`,
    );
  }
  const eos = tokens(
    generation["eos_token_id"] ?? find(["eos_token_id"]) ?? (await genaiConfigOf(folder))?.model["eos_token_id"],
  );
  const stray = eos.find((id) => !(typeof id === "number" && Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (stray !== undefined) {
    throw new LenityError(
      "model_files",
      `${folder.place} ends answers at token ${JSON.stringify(stray)} (eos_token_id in generation_config.json, genai_config.json or config.json); the model knows ids 0 to ${vocabulary - 1}. Take these files of the model's own folder.`,
    );
  }
  const { contextLength, note } = await findContextLength({ folder, file, size, asked, target });
  return {
    vocabulary,
    contextLength,
    eos: eos as readonly Token[],
    sizes: cacheSizes(find),
    filename,
    notes: note === undefined ? [] : [note],
  };
}

/** Heads and head size under the names of Llama and its like, GPT-2, Bloom, Falcon and onnxruntime-genai. */
function cacheSizes(find: (keys: readonly string[]) => unknown): SizeHints {
  const heads = find(["num_attention_heads", "n_head", "num_heads"]);
  const width = find(["hidden_size", "n_embd", "d_model"]);
  const own = find(["num_key_value_heads", "num_kv_heads"]);
  const headSize = find(["head_size", "head_dim"]);
  const share = isSize(width) && isSize(heads) ? width / heads : undefined;
  return { groups: [own, heads].filter(isSize), headSizes: [headSize, share].filter(isSize) };
}

const isSize = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value) && value >= 1;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The folder's configuration, and the file that it is. */
interface FolderConfig {
  readonly config: Json;
  readonly file: string;
  readonly filename?: string | undefined;
}

async function configOf(folder: ModelFolder): Promise<FolderConfig> {
  const config = await folder.config();
  if (config !== undefined) return { config, file: folder.nameOf("config.json") };
  const genai = await genaiConfigOf(folder);
  if (genai === undefined) throw folder.missing("config.json");
  return { config: genai.model, file: genai.file, filename: genai.filename };
}

/** Hugging Face writes one id, a list, or null. */
function tokens(value: unknown): readonly unknown[] {
  return (Array.isArray(value) ? value : [value]).filter((id) => id !== undefined && id !== null);
}
