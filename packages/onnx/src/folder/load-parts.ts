/** What a model's folder holds besides the model. */
import { resolve } from "node:path";
import type { Sampling } from "@lenity/core";
import { encodeThread } from "../tokenizer/encode-thread.ts";
import { type FolderTokenizer, readTokenizer } from "../tokenizer/tokenizer.ts";
import { type ChatTemplate, readChatTemplate } from "./chat-template.ts";
import { filesIn, folderPath } from "./disk-files.ts";
import { readSampling } from "./generation-config.ts";
import type { ModelFiles } from "./model-files.ts";

const filesOf = async (folder: string | URL): Promise<ModelFiles> => filesIn(await folderPath(folder));

/**
 * `readTokenizer` of a folder, with a thread for long texts (`encodeAsync`), whose script bundlers may place elsewhere: `worker`. Rejects with
 * `model_files` when there is no such folder either.
 */
export async function loadTokenizer(
  folder: string | URL,
  { worker }: { readonly worker?: URL | undefined } = {},
): Promise<FolderTokenizer> {
  const dir = await folderPath(folder);
  return { ...(await readTokenizer(filesIn(dir))), encodeAsync: encodeThread(resolve(dir), worker) };
}

/** `readChatTemplate` of a folder. Rejects with `model_files` when there is no such folder either. */
export async function loadChatTemplate(folder: string | URL): Promise<ChatTemplate | undefined> {
  return readChatTemplate(await filesOf(folder));
}

/** `readSampling` of a folder. Rejects with `model_files` when there is no such folder either. */
export async function loadSampling(folder: string | URL): Promise<Partial<Sampling>> {
  return readSampling(await filesOf(folder));
}
