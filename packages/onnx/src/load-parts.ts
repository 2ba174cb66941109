/** What a model's folder holds besides the model. */
import type { Sampling } from "@lenity/core";
import { type ChatTemplate, readChatTemplate } from "./chat-template.ts";
import { filesIn, folderPath } from "./disk-files.ts";
import type { ModelFiles } from "./model-files.ts";
import { readSampling } from "./sampling-defaults.ts";
import { type FolderTokenizer, readTokenizer } from "./tokenizer.ts";

const filesOf = async (folder: string | URL): Promise<ModelFiles> => filesIn(await folderPath(folder));

/** `readTokenizer` of a folder. Rejects with `model_files` when there is no such folder either. */
export async function loadTokenizer(folder: string | URL): Promise<FolderTokenizer> {
  return readTokenizer(await filesOf(folder));
}

/** `readChatTemplate` of a folder. Rejects with `model_files` when there is no such folder either. */
export async function loadChatTemplate(folder: string | URL): Promise<ChatTemplate | undefined> {
  return readChatTemplate(await filesOf(folder));
}

/** `readSampling` of a folder. Rejects with `model_files` when there is no such folder either. */
export async function loadSampling(folder: string | URL): Promise<Partial<Sampling>> {
  return readSampling(await filesOf(folder));
}
