/** Loads what is in a model's folder besides the model. */
import { resolve } from "node:path";
import type { Sampling } from "@lenity/core";
import { encodeThread } from "../tokenizer/encode-thread.ts";
import type { FolderTokenizer } from "../tokenizer/folder-tokenizer.ts";
import { type ChatTemplate, chatTemplateOf } from "./chat-template.ts";
import { samplingOf } from "./generation-config.ts";
import { type DiskFolder, openFolder } from "./open-folder.ts";
import { tokenizerOf } from "./tokenizer-of-folder.ts";

/**
 * Loads the tokenizer (tokenizer.json, and tokenizer_config.json if it exists), with a thread for long texts
 * (`encodeAsync`). `worker` is that thread's script, for bundlers that put it elsewhere. `encode` adds no BOS or EOS:
 * chat templates contain them. Rejects with `model_files` when the folder or the file is missing, or is not a
 * tokenizer.
 */
export async function loadTokenizer(
  folder: DiskFolder,
  { worker }: { readonly worker?: URL | undefined } = {},
): Promise<FolderTokenizer> {
  const open = await openFolder(folder);
  return { ...(await tokenizerOf(open)), encodeAsync: encodeThread(resolve(open.place), worker) };
}

/** Loads the chat template; undefined when there is none. Rejects with `model_files` when it cannot be read. */
export async function loadChatTemplate(folder: DiskFolder): Promise<ChatTemplate | undefined> {
  return chatTemplateOf(await openFolder(folder));
}

/**
 * Loads the sampling recommended by generation_config.json: greedy unless it enables sampling. Rejects with
 * `model_files` when it cannot be read.
 */
export async function loadSampling(folder: DiskFolder): Promise<Partial<Sampling>> {
  return samplingOf(await openFolder(folder));
}
