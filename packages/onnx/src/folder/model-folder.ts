import { type TokenTexts, tokenTexts } from "../tokenizer/token-table.ts";
import type { ListedFile, ModelFiles } from "./model-files.ts";
import { type Json, missing, readJson, readText } from "./read-files.ts";

/**
 * The small files of a model folder, each read and parsed at most once, when it is first asked for. Whoever needs
 * something of the folder is handed this value. A file that is not there is undefined; one that cannot be read rejects
 * with `model_files`, each time.
 */
export interface ModelFolder {
  /** All of its files, the large ones too. */
  readonly files: ModelFiles;
  /** The folder: a path, or a URL. */
  readonly place: string;
  /** What messages call a file. */
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
  /** What lies in the folder itself and in its onnx/; empty where files can only be asked for by name. */
  list(): Promise<readonly ListedFile[]>;
  /** The error for a file that is needed and is not there. */
  missing(path: keyof typeof advice): Error;
}

/** What to do about a file that is missing or cannot be read. */
const advice = {
  "config.json":
    "Expected the config.json of a Hugging Face model folder, or a genai_config.json; copy it beside the model.",
  "generation_config.json": "Fix or remove it.",
  "genai_config.json": "Fix or remove it.",
  "tokenizer.json": "Expected Hugging Face's tokenizer.json; copy it from the model's own folder.",
  "tokenizer_config.json": "Fix or remove it.",
  "chat_template.jinja": "Expected a template in Jinja; fix or remove it.",
} as const;

/** The folder that these files are. Nothing is read yet. */
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

/** The same promise for every call. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined;
  return () => (reading ??= read());
}
