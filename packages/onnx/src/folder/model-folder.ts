import { type TokenTexts, tokenTexts } from "../tokenizer/token-table.ts";
import type { ListedFile, ModelFiles } from "./model-files.ts";
import { type Json, missing, readJson, readText } from "./read-files.ts";

/**
 * The small files of a model folder, each read and parsed at most once, on first use. Pass this value to everything
 * that reads the folder. A missing file is undefined; one that cannot be read rejects with `model_files` every time.
 */
export interface ModelFolder {
  /** All of its files, including the large ones. */
  readonly files: ModelFiles;
  /** The folder: a path, or a URL. */
  readonly place: string;
  /** Name of a file in messages. */
  nameOf(path: string): string;
  config(): Promise<Json | undefined>;
  generationConfig(): Promise<Json | undefined>;
  genaiConfig(): Promise<Json | undefined>;
  tokenizer(): Promise<Json | undefined>;
  /** The tokens of tokenizer.json. */
  tokens(): Promise<TokenTexts | undefined>;
  tokenizerConfig(): Promise<Json | undefined>;
  /** The text of chat_template.jinja. */
  chatTemplate(): Promise<string | undefined>;
  /** Lists the folder itself and its onnx/; empty where files can only be requested by name. */
  list(): Promise<readonly ListedFile[]>;
  /** The error for a required file that is missing. */
  missing(path: keyof typeof advice): Error;
}

/** What to do about a file that is missing or cannot be read. */
const advice = {
  "config.json":
    "Expected the config.json of a Hugging Face model folder, or a genai_config.json; put it beside the model.",
  "generation_config.json": "Fix or remove it.",
  "genai_config.json": "Fix or remove it.",
  "tokenizer.json": "Expected a Hugging Face tokenizer.json; copy it from the model's own folder.",
  "tokenizer_config.json": "Fix or remove it.",
  "chat_template.jinja": "Expected a Jinja template; fix or remove it.",
} as const;

/** A folder of these files. Nothing is read yet. */
export function modelFolder(files: ModelFiles): ModelFolder {
  const json = (path: keyof typeof advice) => once(() => readJson(files, path, advice[path]));
  const tokenizer = json("tokenizer.json");
  return {
    files,
    place: files.place,
    nameOf: (path) => files.nameOf(path),
    config: json("config.json"),
    generationConfig: json("generation_config.json"),
    genaiConfig: json("genai_config.json"),
    tokenizer,
    tokens: once(async () => {
      const definition = await tokenizer();
      return definition === undefined ? undefined : tokenTexts(definition, files.nameOf("tokenizer.json"));
    }),
    tokenizerConfig: json("tokenizer_config.json"),
    chatTemplate: once(() => readText(files, "chat_template.jinja", advice["chat_template.jinja"])),
    list: once(async () => (await files.list?.()) ?? []),
    missing: (path) => missing(files, path, advice[path]),
  };
}

/** Calls `read` once and returns the same promise every time. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined;
  return () => (reading ??= read());
}
