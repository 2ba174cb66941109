/** Loads what is in a model's folder besides the model. */
import type { Sampling } from "@lenity/core";
import { type ChatTemplate, chatTemplateOf } from "../folder/chat-template.ts";
import { samplingOf } from "../folder/generation-config.ts";
import { tokenizerOf } from "../folder/tokenizer-of-folder.ts";
import type { FolderTokenizer } from "../tokenizer/folder-tokenizer.ts";
import { type Folder, openFolder } from "./fetched-files.ts";

/**
 * Reads tokenizer.json (and tokenizer_config.json when it is there). `encode` adds no BOS or EOS: chat templates
 * contain them. Rejects with `model_files` when the file is missing or not a tokenizer.
 */
export async function loadTokenizer(folder: Folder): Promise<FolderTokenizer> {
  return tokenizerOf(openFolder(folder));
}

/** Reads a model's chat template; undefined when it has none. Rejects with `model_files` when it cannot be read. */
export async function loadChatTemplate(folder: Folder): Promise<ChatTemplate | undefined> {
  return chatTemplateOf(openFolder(folder));
}

/**
 * Reads the sampling recommended by generation_config.json: greedy unless it enables sampling. Rejects with
 * `model_files` when it cannot be read.
 */
export async function loadSampling(folder: Folder): Promise<Partial<Sampling>> {
  return samplingOf(openFolder(folder));
}
