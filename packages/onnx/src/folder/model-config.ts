import { LenityError, type Token } from "@lenity/core";
import type { SizeHints } from "../graph/size-hints.ts";
import { findContextLength } from "./context-length.ts";
import { genaiConfigOf } from "./genai-config.ts";
import { generationConfigOf } from "./generation-config.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Json } from "./read-files.ts";

/** What a folder's configuration says about its model. */
export interface ModelConfig {
  /** The logits per row, padding included. */
  readonly vocabulary: number;
  readonly contextLength: number;
  /** Tokens that end an answer; empty if the configuration names none. */
  readonly eos: readonly Token[];
  /** Likely cache sizes, from the configuration. */
  readonly sizes: SizeHints;
  /** The model file named by genai_config.json, when that is the folder's configuration. */
  readonly filename: string | undefined;
  /** Notes for the user, as sentences without a full stop. */
  readonly notes: readonly string[];
}

/**
 * The context length to use: what the user requested (`asked`), or the target's, which applies when no file gives a
 * length.
 */
export interface ContextOptions {
  readonly asked?: number | undefined;
  readonly target?: number | undefined;
}

/**
 * Reads config.json and generation_config.json, or the corresponding parts of genai_config.json; for a multimodal
 * model, the part for its text decoder (`text_config`). Rejects with `model_files` when something is missing or wrong,
 * and with `invalid_request` when a longer context is requested than the model has.
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
      `${file} has ${key} ${JSON.stringify(value)}; expected a whole number. Use the config.json from the model's own folder.`,
    );
  };
  const vocabulary = size(["vocab_size"]);
  if (vocabulary === undefined) {
    throw new LenityError(
      "model_files",
      `${file} has no vocab_size; expected a whole number. Use the config.json from the model's own folder.`,
    );
  }
  const eos = tokens(
    generation["eos_token_id"] ?? find(["eos_token_id"]) ?? (await genaiConfigOf(folder))?.model["eos_token_id"],
  );
  const stray = eos.find((id) => !(typeof id === "number" && Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (stray !== undefined) {
    throw new LenityError(
      "model_files",
      `${folder.place} ends answers at token ${JSON.stringify(stray)} (eos_token_id in generation_config.json, genai_config.json or config.json); the model's ids are 0 to ${vocabulary - 1}. Use the files from the model's own folder.`,
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

/** Heads and head size, under the names used by Llama-like models, GPT-2, Bloom, Falcon and onnxruntime-genai. */
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

/** The folder's configuration, and the file it comes from. */
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

/** Hugging Face configs have one id, a list, or null. */
function tokens(value: unknown): readonly unknown[] {
  return (Array.isArray(value) ? value : [value]).filter((id) => id !== undefined && id !== null);
}
